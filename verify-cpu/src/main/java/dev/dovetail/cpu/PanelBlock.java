package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Some columns of a panel of quantised weights, with what belongs to them: what a kernel needs to
 * know, worked out once for all tokens and rows. Each worker has its own: {@link #start} for some
 * panels of a multiplication, then {@link #fill} for one block of them after the other.
 */
final class PanelBlock {
  private static final int SMALLEST_GROUP = 16;

  /** Groups of columns that share a scale. */
  int groups;

  /** Bytes of the words of a group. */
  long groupBytes;

  /** The address of the words of the first column. */
  long word;

  /** The address of the decoded scales {@code [groups][32]}. */
  final long scales;

  /** The address of the decoded mins {@code [groups][32]}. */
  long mins;

  /** See {@link MatmulCall#activations}. */
  float[] x;

  /** Tokens that are computed together, whose activations lie side by side. */
  int tokens;

  /** Fields of a row. */
  int fields;

  /** The first field of the block. */
  int firstField;

  /** What mins are multiplied by: {@link MatmulCall#sums}. */
  float[] sums;

  /** Sums of a token. */
  int sumsOfToken;

  /** The sum of the block's first group. */
  int firstSum;

  /** The address of the outputs {@code [n][32]} so far. */
  long acc;

  /** Held so that the memory behind {@link #scales} and {@link #mins} is not freed. */
  private final MemorySegment ownScales = decoded();

  private final MemorySegment ownMins = decoded();
  private PanelPart part;
  private ScaleKind scaleKind;
  private int groupSize;
  private long first;
  private long panelBytes;
  private long blockBytes;

  PanelBlock() {
    scales = ownScales.address();
  }

  private static MemorySegment decoded() {
    return MatmulScratch.floats(PanelPart.BLOCK_COLS / SMALLEST_GROUP * PanelPart.ROWS);
  }

  /**
   * Makes ready for panels {@code from} to {@code to - 1} of a part.
   *
   * @param outputs the address of the outputs {@code [n][32]}
   */
  void start(PanelPart of, int from, int to, MatmulCall call, long outputs) {
    part = of;
    PanelFormat format = of.format();
    scaleKind = format.scales();
    groupSize = format.groupSize();
    groupBytes = (long) format.weights().words(groupSize) * PanelPart.WORD_BYTES;
    panelBytes = of.panelBytes();
    blockBytes = of.blockBytes(PanelPart.BLOCK_COLS);
    first = address(of.data(), from * panelBytes, (to - from) * panelBytes) - from * panelBytes;
    mins = format.bias() == 0 ? ownMins.address() : scales;
    x = call.activations(format.weights());
    fields = format.weights().fields(of.cols());
    sums = call.sums(format);
    sumsOfToken = of.cols() / groupSize;
    acc = outputs;
  }

  /** Takes a block of columns of one of these panels, and decodes their scales. */
  void fill(int panel, int block) {
    int k = block * PanelPart.BLOCK_COLS;
    int cols = part.blockCols(k);
    groups = cols / groupSize;
    firstField = part.format().weights().fields(k);
    firstSum = k / groupSize;
    long stored = first + panel * panelBytes + block * blockBytes;
    word = stored + part.scaleBytes(cols);
    PanamaScales.decode(scaleKind, stored, groups, scales, mins);
  }

  /**
   * The address of some bytes of a segment.
   *
   * @throws IndexOutOfBoundsException if they are not all in the segment
   * @throws IllegalStateException if the segment's memory has been freed
   */
  static long address(MemorySegment segment, long offset, long bytes) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the weights have been freed");
    }
    return segment.address() + Objects.checkFromIndexSize(offset, bytes, segment.byteSize());
  }
}
