package dev.dovetail.engine.sampling;

/**
 * Unnormalised softmax weights, e^gap for the gap to the largest logit, rounded to a multiple of
 * 2^-32. Sums of up to 2^20 of them are therefore exact in a double, in whatever order they are
 * taken: a nucleus can be searched without sorting and has no rounding cases of its own.
 *
 * <p>Plain multiplications and additions, the same on every machine, which C2 turns into vector
 * code.
 */
final class SoftmaxWeights {
  /** Entries in a row: the sum is exact, and what rounding loses of it below 2e-4. */
  static final int MOST_ENTRIES = 1 << 20;

  /** e^-24 is below half of 2^-32, so from here on every weight is zero. */
  private static final double LEAST_GAP = -24;

  private static final double UNIT = 0x1p-32;
  private static final double UNITS = 0x1p32;

  private SoftmaxWeights() {}

  /**
   * The weight for a gap of zero or less; -infinity is allowed and weighs nothing. 1 for a gap of
   * zero. Within 2^-32 of e^gap.
   */
  static double weight(double gap) {
    // e^x = (e^(x/256))^256, the inner one by its Taylor polynomial: |x/256| < 0.094, so the
    // first term left out is below 1.3e-11 and, raised to the 256th, below 4e-9 of a weight that
    // is itself below 1e-10 where the gap is that large.
    double y = Math.max(gap, LEAST_GAP) * (1.0 / 256);
    double e = 1.0 / 720;
    e = e * y + 1.0 / 120;
    e = e * y + 1.0 / 24;
    e = e * y + 1.0 / 6;
    e = e * y + 0.5;
    e = e * y + 1;
    e = e * y + 1;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    return Math.rint(e * UNITS) * UNIT;
  }

  /**
   * The sum of the weights of a row.
   *
   * @param largest the largest logit of the row
   * @param scale one over the temperature
   */
  static double total(float[] logits, int offset, int count, float largest, double scale) {
    double total = 0;
    for (int i = offset; i < offset + count; i++) {
      total += weight((logits[i] - (double) largest) * scale);
    }
    return total;
  }
}
