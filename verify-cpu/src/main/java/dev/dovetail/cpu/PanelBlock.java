package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Some columns of a panel of quantised weights, with what belongs to them: what a kernel needs to
 * know, worked out once for all tokens and rows. One for each worker, filled again and again.
 */
final class PanelBlock {
  /** Spans of {@link PanelPart#SPAN} columns; even. */
  int spans;

  /** A span's group is its number shifted right by this. */
  int groupShift;

  MemorySegment weights;

  /** Where the words of the first column lie in the weights, in bytes. */
  long word;

  /** Decoded scales {@code [groups][32]}. */
  MemorySegment scales;

  /** Decoded mins {@code [groups][32]}. */
  MemorySegment mins;

  float[] x;

  /** Where the first token's activations of these columns lie. */
  int xStart;

  /** From one token's activations to the next one's. */
  int xStride;

  /** Sums of the activations of spans. */
  float[] sums;

  int sumStart;
  int sumStride;

  /** Outputs {@code [n][32]} so far. */
  MemorySegment acc;

  /** Takes columns {@code k} to {@code k + cols - 1} of a panel, and decodes their scales. */
  void fill(PanelPart part, int panel, int k, int cols, MatmulCall call, MatmulScratch scratch) {
    PanelFormat format = part.format();
    int size = format.groupSize();
    spans = cols / PanelPart.SPAN;
    groupShift = size == PanelPart.SPAN ? 0 : 1;
    weights = part.weights();
    word = part.weightOffset(panel, k);
    scales = scratch.scales;
    mins = scratch.mins;
    x = call.activations(format.weights());
    xStart = k;
    xStride = part.cols();
    sums = call.sums;
    sumStart = k / PanelPart.SPAN;
    sumStride = part.cols() / PanelPart.SPAN;
    acc = scratch.acc;
    PanamaScales.decode(part, panel, k / size, cols / size, scratch.scales, scratch.mins);
  }
}
