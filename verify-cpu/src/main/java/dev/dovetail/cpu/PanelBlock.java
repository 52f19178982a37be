package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Some columns of a panel of quantised weights, with what belongs to them: what a kernel needs to
 * know, worked out once for all tokens and rows. One for each worker, filled again and again.
 */
final class PanelBlock {
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

  /** Sums of the activations of spans. */
  float[] sums;

  int sumStart;
  int sumStride;

  /** The address of the outputs {@code [n][32]} so far. */
  long acc;

  /** Takes columns {@code k} to {@code k + cols - 1} of a panel, and decodes their scales. */
  void fill(PanelPart part, int panel, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    PanelFormat format = part.format();
    int size = format.groupSize();
    spans = cols / PanelPart.SPAN;
    groupShift = size == PanelPart.SPAN ? 0 : 1;
    word = address(part.weights(), part.weightOffset(panel, k), format.weights().words(cols));
    scales = scratch.scales.address();
    mins = scratch.mins.address();
    x = call.activations(format.weights());
    xStart = k;
    xStride = part.cols();
    sums = call.sums;
    sumStart = k / PanelPart.SPAN;
    sumStride = part.cols() / PanelPart.SPAN;
    acc = scratch.acc.address();
    int groups = cols / size;
    long stored =
        address(part.scales(), part.scaleOffset(panel, k / size), format.scales().words(groups));
    PanamaScales.decode(format, stored, groups, scales, mins);
  }

  /**
   * The address of some words of each row.
   *
   * @throws IndexOutOfBoundsException if they are not all in the segment
   * @throws IllegalStateException if the segment's memory has been freed
   */
  static long address(MemorySegment segment, long offset, int words) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the weights have been freed");
    }
    long size = (long) words * PanelPart.WORD_BYTES;
    return segment.address() + Objects.checkFromIndexSize(offset, size, segment.byteSize());
  }
}
