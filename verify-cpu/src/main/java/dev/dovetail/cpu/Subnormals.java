package dev.dovetail.cpu;

import java.util.Arrays;

/**
 * Whether this CPU multiplies subnormal floats as fast as others. Integers below 2^23 are the bits
 * of subnormal floats that are as many times 2^-149, so that where it does, weights need no
 * conversion. A Zen 5 does; Intel's are known to take a hundred cycles more.
 */
final class Subnormals {
  private static final int VALUES = 256;
  private static final int ROUNDS = 25;

  /** What is slower by half or more is slow; where it is slow, it is many times as slow. */
  private static final double LIMIT = 1.5;

  private Subnormals() {}

  /** As {@code -Ddovetail.subnormals=true|false} says, or else by trying, within a millisecond. */
  static boolean fast() {
    String asked = System.getProperty("dovetail.subnormals", "");
    return switch (asked) {
      case "true" -> true;
      case "false" -> false;
      case "" -> measure();
      default ->
          throw new IllegalArgumentException(
              "dovetail.subnormals is '%s'; it can be true or false".formatted(asked));
    };
  }

  private static boolean measure() {
    float[] normal = new float[VALUES];
    Arrays.fill(normal, 5);
    float[] subnormal = new float[VALUES];
    Arrays.fill(subnormal, 5 * Float.MIN_VALUE);
    long[] timesOfNormal = new long[ROUNDS];
    long[] timesOfSubnormal = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      timesOfNormal[i] = time(normal, 1);
      timesOfSubnormal[i] = time(subnormal, 0x1p100f);
    }
    return fast(timesOfNormal, timesOfSubnormal);
  }

  /** By the best times, which other programs disturb least. */
  static boolean fast(long[] timesOfNormal, long[] timesOfSubnormal) {
    return best(timesOfSubnormal) < LIMIT * best(timesOfNormal);
  }

  private static long best(long[] times) {
    long best = Long.MAX_VALUE;
    for (long time : times) {
      best = Math.min(best, time);
    }
    return best;
  }

  private static long time(float[] values, float factor) {
    float sum = 1;
    long start = System.nanoTime();
    for (int i = 0; i < values.length; i += 4) {
      sum = Math.fma(values[i], factor, sum);
      sum = Math.fma(values[i + 1], factor, sum);
      sum = Math.fma(values[i + 2], factor, sum);
      sum = Math.fma(values[i + 3], factor, sum);
    }
    long time = System.nanoTime() - start;
    return sum > 0 ? time : Long.MAX_VALUE;
  }
}
