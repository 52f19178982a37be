package dev.dovetail.cli.humaneval;

import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.Random;

/**
 * How many times as fast as plain decoding, over problems.
 *
 * @param low where the 95 % interval of the median begins: percentile bootstrap, 10,000 resamples
 *     of the problems, the same ones each time; null of fewer than {@link #FEWEST} problems
 * @param high where it ends; null with {@code low}
 */
public record Gain(double median, double q1, double q3, Double low, Double high) {
  /**
   * Of fewer problems no interval of 95 % exists: all n of them lie on one side of the median in 2
   * of 2^n cases, which is 6 % of five and 3 % of six.
   */
  public static final int FEWEST = 6;

  private static final int RESAMPLES = 10_000;
  private static final long SEED = 20_241_218;
  private static final double TAIL = 0.025;

  /** Of each problem's own gain; empty if there is none. */
  static Optional<Gain> of(Collection<Double> gains) {
    return Quartiles.of(gains).map(quartiles -> of(quartiles, gains));
  }

  private static Gain of(Quartiles all, Collection<Double> gains) {
    if (gains.size() < FEWEST) {
      return new Gain(all.median(), all.q1(), all.q3(), null, null);
    }
    double[] medians = medians(gains.stream().mapToDouble(Double::doubleValue).toArray());
    double low = Quartiles.quantile(medians, TAIL);
    return new Gain(all.median(), all.q1(), all.q3(), low, Quartiles.quantile(medians, 1 - TAIL));
  }

  /** Of each resample, ascending. */
  private static double[] medians(double[] gains) {
    Random random = new Random(SEED);
    double[] medians = new double[RESAMPLES];
    double[] sample = new double[gains.length];
    for (int i = 0; i < RESAMPLES; i++) {
      for (int j = 0; j < sample.length; j++) {
        sample[j] = gains[random.nextInt(gains.length)];
      }
      Arrays.sort(sample);
      medians[i] = Quartiles.quantile(sample, 0.5);
    }
    Arrays.sort(medians);
    return medians;
  }
}
