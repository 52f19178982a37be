package dev.dovetail.cli.humaneval.page;

import java.util.ArrayList;
import java.util.List;

/**
 * A linear scale of a picture.
 *
 * @param low the value that stands at {@code from}
 * @param high the value that stands at {@code to}, above {@code low}
 * @param step between two ticks
 */
record Axis(double low, double high, double from, double to, double step) {
  /**
   * An axis that holds two values, widened to its ticks.
   *
   * @param ticks about how many there should be
   */
  static Axis around(double low, double high, int ticks, double from, double to) {
    double span = high > low ? high - low : Math.max(Math.abs(high), 1) * 0.2;
    double middle = (low + high) / 2;
    double step = step(span / ticks);
    double first = Math.floor((middle - span / 2) / step + 1e-9) * step;
    double last = Math.ceil((middle + span / 2) / step - 1e-9) * step;
    return new Axis(first, last, from, to, step);
  }

  /** The smallest of 1, 2 and 5 times a power of ten that is not below a width. */
  static double step(double width) {
    double power = Math.pow(10, Math.floor(Math.log10(width)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= width * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  double at(double value) {
    return from + (to - from) * (value - low) / (high - low);
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (long i = Math.round(low / step); i * step <= high + step * 1e-6; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** A tick with as many digits as the step needs. */
  String label(double tick) {
    return label(tick, step);
  }

  static String label(double tick, double step) {
    return Figures.fixed(tick, Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9)));
  }
}
