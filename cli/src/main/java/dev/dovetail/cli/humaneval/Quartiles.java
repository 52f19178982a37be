package dev.dovetail.cli.humaneval;

import java.util.Collection;
import java.util.Optional;

/**
 * The middle of some values and of each half, by linear interpolation between the two values beside
 * a rank: that of a quantile p among n sorted values is p (n - 1), from 0 (type 7 of Hyndman and
 * Fan 1996, the default of numpy and R).
 */
public record Quartiles(double median, double q1, double q3) {
  /** Of values in any order; empty if there is none. */
  static Optional<Quartiles> of(Collection<Double> values) {
    if (values.isEmpty()) {
      return Optional.empty();
    }
    double[] sorted = sorted(values);
    return Optional.of(
        new Quartiles(quantile(sorted, 0.5), quantile(sorted, 0.25), quantile(sorted, 0.75)));
  }

  /** The middle of at least one value. */
  static double median(Collection<Double> values) {
    return quantile(sorted(values), 0.5);
  }

  private static double[] sorted(Collection<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
  }

  /**
   * A quantile.
   *
   * @param sorted at least one value, ascending
   * @param p 0 to 1
   */
  static double quantile(double[] sorted, double p) {
    double rank = p * (sorted.length - 1);
    int below = (int) rank;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }
}
