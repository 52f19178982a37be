package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** How many problems have which tau, a histogram for each setting. */
final class TauChart {
  private static final double TOP = 4;
  private static final double BARS = 40;
  private static final double ROW = BARS + 32;
  private static final double LEFT = 34;
  private static final int BINS = 40;

  private TauChart() {}

  /** Writes the chart; nothing where no setting speculates. */
  static void write(Markup html, PageData data) {
    Map<PageSetting, Collection<Double>> taus = new LinkedHashMap<>();
    for (PageSetting setting : data.settings(PageSetting::speculates)) {
      Collection<Double> values = data.byProblem(setting, PageCell::tau).values();
      if (!values.isEmpty()) {
        taus.put(setting, values);
      }
    }
    if (taus.isEmpty()) {
      return;
    }
    Chart.open(
        html,
        "tau",
        "Tau on each problem",
        "How many problems have which tau: tokens for each pass of the target. Plain decoding has"
            + " 1. The upright line is the median problem; overall: all tokens by all rounds.");
    double low =
        taus.values().stream().flatMap(Collection::stream).min(Double::compare).orElse(1.0);
    double high =
        taus.values().stream().flatMap(Collection::stream).max(Double::compare).orElse(1.0);
    Axis axis = Axis.around(Math.min(1, low), high, 5, LEFT, Chart.RIGHT - 8);
    double width = Axis.step((axis.high() - axis.low()) / BINS);
    int bins = (int) Math.round((axis.high() - axis.low()) / width);
    int most =
        taus.values().stream()
            .flatMapToInt(values -> Arrays.stream(counts(values, axis.low(), width, bins)))
            .max()
            .orElse(1);
    double bottom = TOP + ROW * taus.size();
    Svg svg = Chart.svg(html, bottom + 44, label(taus));
    Chart.across(
        svg,
        axis,
        TOP,
        bottom,
        "tau: tokens a round; a bar is " + Axis.label(width, width) + " wide");
    double y = TOP;
    for (Map.Entry<PageSetting, Collection<Double>> entry : taus.entrySet()) {
      int[] counts = counts(entry.getValue(), axis.low(), width, bins);
      histogram(svg, axis, y, entry.getKey(), counts, most);
      y += ROW;
    }
    svg.end();
    html.close().newLine();
  }

  private static int[] counts(Collection<Double> values, double low, double width, int bins) {
    int[] counts = new int[Math.max(bins, 1)];
    for (double value : values) {
      int bin = (int) Math.floor((value - low) / width + 1e-9);
      counts[Math.clamp(bin, 0, counts.length - 1)]++;
    }
    return counts;
  }

  private static void histogram(
      Svg svg, Axis axis, double top, PageSetting setting, int[] counts, int most) {
    Chart.row(svg, top + 18, setting, value(setting));
    double base = top + 26 + BARS;
    svg.text(LEFT - 6, base - BARS + 8, "end", Integer.toString(most), "class", "tick");
    svg.line(LEFT - 3, base - BARS, LEFT, base - BARS, "class", "axis");
    svg.line(LEFT, base - BARS, LEFT, base, "class", "axis");
    double width = (axis.to() - axis.from()) / counts.length;
    svg.group("class", setting.style() + " bars");
    for (int bin = 0; bin < counts.length; bin++) {
      if (counts[bin] > 0) {
        double height = Math.max(BARS * counts[bin] / most, 1);
        svg.rect(LEFT + bin * width + 0.5, base - height, width - 1, height);
      }
    }
    svg.end();
    svg.line(LEFT, base, axis.to(), base, "class", "axis");
    OptionalDouble median = setting.figure("tau_by_problem", "median");
    if (median.isPresent()) {
      double x = axis.at(Math.clamp(median.getAsDouble(), axis.low(), axis.high()));
      svg.line(x, base - BARS, x, base, "class", "median");
    }
  }

  private static String value(PageSetting setting) {
    return "median "
        + Figures.of(setting.figure("tau_by_problem", "median"))
        + " (overall "
        + Figures.of(setting.figure("tau"))
        + ")";
  }

  private static String label(Map<PageSetting, Collection<Double>> taus) {
    List<String> parts = new ArrayList<>();
    taus.forEach((setting, values) ->
        parts.add(setting.name() + " " + value(setting) + " over " + values.size() + " problems"));
    return "Histograms of tau by problem: " + String.join("; ", parts);
  }
}
