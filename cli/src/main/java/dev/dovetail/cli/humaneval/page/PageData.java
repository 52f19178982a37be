package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;

/** A report as the page reads it: settings, and what each came to on each problem. */
final class PageData {
  private final JsonNode report;
  private final List<PageSetting> settings;
  private final Map<String, Map<String, PageCell>> cells;

  PageData(JsonNode report) {
    this.report = report;
    settings = PageSetting.of(report);
    cells = cells(report.path("results"), settings.stream().filter(PageSetting::plain).findFirst());
  }

  /** Groups the results by problem, then by setting. */
  private static Map<String, Map<String, PageCell>> cells(
      JsonNode results, Optional<PageSetting> plain) {
    Map<String, Map<String, List<JsonNode>>> groups = new LinkedHashMap<>();
    for (JsonNode result : results) {
      groups
          .computeIfAbsent(result.path("problem").asText(), problem -> new LinkedHashMap<>())
          .computeIfAbsent(result.path("setting").asText(), setting -> new ArrayList<>())
          .add(result);
    }
    Map<String, Map<String, PageCell>> cells = new LinkedHashMap<>();
    groups.forEach((problem, bySetting) -> {
      List<JsonNode> reference = plain.map(setting -> bySetting.get(setting.name())).orElse(null);
      Map<String, PageCell> row = new LinkedHashMap<>();
      bySetting.forEach((setting, repeats) -> row.put(setting, PageCell.of(repeats, reference)));
      cells.put(problem, row);
    });
    return cells;
  }

  JsonNode report() {
    return report;
  }

  List<PageSetting> settings() {
    return settings;
  }

  List<PageSetting> settings(Predicate<PageSetting> chosen) {
    return settings.stream().filter(chosen).toList();
  }

  Optional<PageSetting> plain() {
    return settings.stream().filter(PageSetting::plain).findFirst();
  }

  /**
   * The setting that gains most in the median, of those that speculate and whose texts are plain's;
   * empty where none has a gain.
   */
  Optional<PageSetting> best() {
    PageSetting best = null;
    for (PageSetting setting : settings(PageSetting::speculates)) {
      OptionalDouble gain = setting.figure("gain", "median");
      if (gain.isPresent()
          && setting.figure("different").orElse(0) == 0
          && (best == null || gain.getAsDouble() > best.figure("gain", "median").getAsDouble())) {
        best = setting;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Names of the problems, in the order in which they were measured. */
  List<String> problems() {
    return List.copyOf(cells.keySet());
  }

  /** Settings of which a text is not plain decoding's. */
  List<PageSetting> changed() {
    return settings(setting -> setting.speculates() && setting.figure("different").orElse(0) > 0);
  }

  /** What a setting came to on a problem; {@link PageCell#NONE} where it was not measured. */
  PageCell cell(String problem, PageSetting setting) {
    return cells.get(problem).getOrDefault(setting.name(), PageCell.NONE);
  }

  /** A figure of a setting for each problem that has one. */
  Map<String, Double> byProblem(PageSetting setting, Function<PageCell, OptionalDouble> figure) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (String problem : cells.keySet()) {
      figure.apply(cell(problem, setting)).ifPresent(value -> values.put(problem, value));
    }
    return values;
  }

  /** Passes of the target, number of tokens to ms; one of no tokens or no time is left out. */
  double[][] passes() {
    List<double[]> passes = new ArrayList<>();
    for (JsonNode pass : report.path("cost")) {
      OptionalDouble n = Figures.at(pass, "n");
      OptionalDouble ms = Figures.at(pass, "ms");
      if (n.orElse(0) >= 1 && ms.orElse(0) > 0) {
        passes.add(new double[] {n.getAsDouble(), ms.getAsDouble()});
      }
    }
    double[][] sorted = passes.toArray(double[][]::new);
    Arrays.sort(sorted, (a, b) -> Double.compare(a[0], b[0]));
    return sorted;
  }
}
