package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** Numbers for kernel tests, and their comparison. */
final class Floats {
  /** What surrounds an output; no kernel may change it. */
  static final float CANARY = -12345.678f;

  private Floats() {}

  /**
   * Signed numbers with outliers and zeros, which sums of mostly equal terms would not tell apart.
   */
  static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(40);
      float value = (float) random.nextGaussian();
      values[i] = kind == 0 ? 40f * value : kind == 1 ? 0f : kind == 2 ? 1e-6f * value : value;
    }
    return values;
  }

  static float[] canaries(int count) {
    float[] values = new float[count];
    Arrays.fill(values, CANARY);
    return values;
  }

  /** Every length up to two blocks of lanes and one, some primes, and widths of real models. */
  static IntStream lengths() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 2 * Lanes.COUNT + 1),
        IntStream.of(53, 97, 211, 576, 1009, 1536, 8960));
  }

  /** Fails unless both hold the same bits; NaN equals NaN. */
  static void assertSameBits(float[] actual, float[] expected, String what, Object... arguments) {
    int at = Arrays.mismatch(actual, expected);
    if (at >= 0) {
      fail(
          "%s: element %d is %s, expected %s"
              .formatted(what.formatted(arguments), at, at(actual, at), at(expected, at)));
    }
  }

  private static String at(float[] values, int index) {
    return index < values.length ? Float.toHexString(values[index]) : "missing";
  }

  /** Fails unless each element is within {@code tolerance} of the expected. */
  static void assertClose(
      float[] actual, double[] expected, double tolerance, String what, Object... arguments) {
    int worst = 0;
    double most = -1;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(actual[i] - expected[i]);
      if (!(error <= most)) { // NaN counts as the worst
        most = error;
        worst = i;
      }
    }
    if (!(most <= tolerance)) {
      fail(
          "%s: element %d is %s, expected %s; off by %s, allowed %s"
              .formatted(
                  what.formatted(arguments),
                  worst,
                  actual[worst],
                  expected[worst],
                  most,
                  tolerance));
    }
  }
}
