package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Some columns of a panel of quantised weights, with what belongs to them: what a kernel needs to
 * know, worked out once for all tokens and rows. One for each worker: {@link #start} for some
 * panels of a multiplication, then {@link #fill} for one block of them after the other.
 */
final class PanelBlock {
  /** Columns of a block; the last of a row may have fewer. */
  static final int COLS = MatmulScratch.SCALE_COLS;

  /** Spans of {@link PanelPart#SPAN} columns; even. */
  int spans;

  /** A span's group is its number shifted right by this. */
  int groupShift;

  /** The address of the words of the first column. */
  long word;

  /** The address of the decoded scales {@code [groups][32]}. */
  long scales;

  /** The address of the decoded mins {@code [groups][32]}. */
  long mins;

  float[] x;

  /** Where the first token's activations of these columns lie. */
  int xStart;

  /** From one token's activations to the next one's. */
  int xStride;

  /** What mins are multiplied by: {@link MatmulCall#sums}. */
  float[] sums;

  int sumStart;
  int sumStride;

  /** The address of the outputs {@code [n][32]} so far. */
  long acc;

  private ScaleKind scaleKind;
  private int cols;
  private long firstWord;
  private long panelBytes;
  private long blockBytes;
  private long firstScale;
  private long scalePanelBytes;
  private long scaleBlockBytes;

  /** Makes ready for panels {@code from} to {@code to - 1} of a part. */
  void start(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    PanelFormat format = part.format();
    scaleKind = format.scales();
    cols = part.cols();
    groupShift = format.groupSize() == PanelPart.SPAN ? 0 : 1;
    panelBytes = part.panelBytes();
    blockBytes = (long) format.weights().words(COLS) * PanelPart.WORD_BYTES;
    firstWord = address(part.weights(), from * panelBytes, (to - from) * panelBytes);
    firstWord -= from * panelBytes;
    scalePanelBytes = part.scalePanelBytes();
    scaleBlockBytes = (long) scaleKind.words(COLS / format.groupSize()) * PanelPart.WORD_BYTES;
    firstScale = address(part.scales(), from * scalePanelBytes, (to - from) * scalePanelBytes);
    firstScale -= from * scalePanelBytes;
    scales = scratch.scales.address();
    mins = format.bias() == 0 ? scratch.mins.address() : scales;
    x = call.activations(format.weights());
    xStride = cols;
    sums = call.sums(format.bias());
    sumStride = cols / PanelPart.SPAN;
    acc = scratch.acc.address();
  }

  /** Takes a block of columns of one of these panels, and decodes their scales. */
  void fill(int panel, int block) {
    int k = block * COLS;
    spans = Math.min(COLS, cols - k) / PanelPart.SPAN;
    word = firstWord + panel * panelBytes + block * blockBytes;
    xStart = k;
    sumStart = k / PanelPart.SPAN;
    long stored = firstScale + panel * scalePanelBytes + block * scaleBlockBytes;
    PanamaScales.decode(scaleKind, stored, spans >> groupShift, scales, mins);
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
