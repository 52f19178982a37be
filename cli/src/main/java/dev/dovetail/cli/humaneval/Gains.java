package dev.dovetail.cli.humaneval;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** What single problems say of a setting; a problem's value is the median of its repeats. */
public final class Gains {
  private Gains() {}

  /**
   * A value of each problem that has one, in the problems' order.
   *
   * @param value NaN for a result that has none
   */
  static Map<String, Double> byProblem(
      Collection<Result> results, String setting, ToDoubleFunction<Result> value) {
    Map<String, List<Double>> repeats = new LinkedHashMap<>();
    for (Result result : results) {
      double found = result.setting().equals(setting) ? value.applyAsDouble(result) : Double.NaN;
      if (!Double.isNaN(found)) {
        repeats.computeIfAbsent(result.problem(), any -> new ArrayList<>()).add(found);
      }
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    repeats.forEach((problem, values) -> medians.put(problem, Quartiles.median(values)));
    return medians;
  }

  /** Tokens after the first, per second; NaN where there is none. */
  static double rate(Result result) {
    return result.later() > 0 ? result.decodeTokPerS() : Double.NaN;
  }

  /**
   * A setting's decode rate by plain decoding's on the same problem, of each problem that both have
   * tokens after the first of; empty without plain decoding.
   */
  static Map<String, Double> byProblem(Collection<Result> results, String setting) {
    Map<String, Double> plain = byProblem(results, Setting.Plain.NAME, Gains::rate);
    Map<String, Double> gains = new LinkedHashMap<>();
    byProblem(results, setting, Gains::rate)
        .forEach((problem, rate) -> {
          if (plain.containsKey(problem)) {
            gains.put(problem, rate / plain.get(problem));
          }
        });
    return gains;
  }

  /** The median gain of a setting so far, if there is any. */
  public static OptionalDouble median(Collection<Result> results, String setting) {
    Collection<Double> gains = byProblem(results, setting).values();
    return gains.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Quartiles.median(gains));
  }
}
