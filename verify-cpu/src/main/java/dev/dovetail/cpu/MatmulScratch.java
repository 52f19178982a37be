package dev.dovetail.cpu;

/**
 * One worker's memory for a pair of panels: 32 rows side by side, the first panel's 16, then the
 * second's.
 */
final class MatmulScratch {
  /**
   * Columns that are unpacked at a time: the tile and the activations of some tokens fit a 32 KiB
   * L1.
   */
  static final int TILE_COLS = 128;

  /** Columns whose scales are decoded at a time by kernels that unpack nothing. */
  static final int SCALE_COLS = 512;

  private static final int SMALLEST_GROUP = 16;
  private static final int TOKENS = 4;

  /** Unpacked weights {@code [TILE_COLS][32]}. */
  final float[] tile = new float[TILE_COLS * MatmulKernels.PAIR_ROWS];

  /** Scales {@code [groups][32]}. */
  final float[] scales = new float[SCALE_COLS / SMALLEST_GROUP * MatmulKernels.PAIR_ROWS];

  /** Mins {@code [groups][32]}. */
  final float[] mins = new float[scales.length];

  /** Unscaled sums {@code [groups][4 tokens][32]}. */
  final float[] sums = new float[SCALE_COLS / SMALLEST_GROUP * TOKENS * MatmulKernels.PAIR_ROWS];

  /** Keeps reads alive that only warm the caches. */
  int touched;

  /** Outputs {@code [n][32]}. */
  float[] acc = new float[0];

  /** Makes room for the outputs of {@code n} tokens. */
  void reserve(int n) {
    if (acc.length < n * MatmulKernels.PAIR_ROWS) {
      acc = new float[n * MatmulKernels.PAIR_ROWS];
    }
  }
}
