package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The gain on each problem as a dot, a strip for each setting. */
final class GainChart {
  private static final double TOP = 22;
  private static final double STRIP = 40;
  private static final double ROW = STRIP + 32;

  private static final double RADIUS = 2.4;

  /** The radius where there are few dots. */
  private static final double LARGE = 4;

  private static final int FEW = 30;

  private GainChart() {}

  /** Writes the chart; nothing where no setting has a gain. */
  static void write(Markup html, PageData data) {
    Map<PageSetting, Map<String, Double>> gains = new LinkedHashMap<>();
    for (PageSetting setting : data.settings(setting -> !setting.plain())) {
      Map<String, Double> values = data.byProblem(setting, PageCell::gain);
      if (!values.isEmpty()) {
        gains.put(setting, values);
      }
    }
    if (gains.isEmpty()) {
      return;
    }
    Chart.open(
        html,
        "gain",
        "Gain on each problem",
        "A dot is a problem. The upright line is the median, the band around it its 95 % interval."
            + " Left of 1 a setting is slower than plain decoding.");
    double bottom = TOP + ROW * gains.size();
    Svg svg = Chart.svg(html, bottom + 44, label(gains));
    Axis axis = axis(gains);
    Chart.across(svg, axis, TOP, bottom, "gain: decoding rate, as a multiple of plain’s");
    svg.line(axis.at(1), TOP - 6, axis.at(1), bottom, "class", "one");
    svg.text(axis.at(1), TOP - 10, "middle", "plain", "class", "tick");
    double y = TOP;
    for (Map.Entry<PageSetting, Map<String, Double>> entry : gains.entrySet()) {
      strip(svg, axis, y, entry.getKey(), entry.getValue());
      y += ROW;
    }
    svg.end();
    html.close().newLine();
  }

  private static Axis axis(Map<PageSetting, Map<String, Double>> gains) {
    double low = 1;
    double high = 1;
    for (Map.Entry<PageSetting, Map<String, Double>> entry : gains.entrySet()) {
      PageSetting setting = entry.getKey();
      low = Math.min(low, setting.figure("gain", "low").orElse(1));
      high = Math.max(high, setting.figure("gain", "high").orElse(1));
      for (double value : entry.getValue().values()) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    return Axis.around(low, high, 5, Chart.LEFT + 8, Chart.RIGHT - 8);
  }

  private static void strip(
      Svg svg, Axis axis, double top, PageSetting setting, Map<String, Double> values) {
    Chart.row(svg, top + 18, setting, interval(setting));
    double middle = top + 26 + STRIP / 2;
    OptionalDouble low = setting.figure("gain", "low");
    OptionalDouble high = setting.figure("gain", "high");
    if (low.isPresent() && high.isPresent()) {
      double left = clamped(axis, low.getAsDouble());
      double right = clamped(axis, high.getAsDouble());
      double width = Math.max(right - left, 1.5);
      svg.rect((left + right - width) / 2, middle - STRIP / 2, width, STRIP, "class", "interval");
    }
    svg.group("class", setting.style() + (setting.baseline() ? " hollow" : " dots"));
    swarm(svg, axis, middle, values);
    svg.end();
    OptionalDouble median = setting.figure("gain", "median");
    if (median.isPresent()) {
      double x = clamped(axis, median.getAsDouble());
      svg.line(x, middle - STRIP / 2, x, middle + STRIP / 2, "class", "median");
    }
  }

  /** Dots of like values stand above and below one another, closer where there are many. */
  private static void swarm(Svg svg, Axis axis, double middle, Map<String, Double> values) {
    double radius = values.size() <= FEW ? LARGE : RADIUS;
    int[] count = new int[(int) Math.ceil(Chart.WIDTH / radius)];
    int[] placed = new int[count.length];
    for (double value : values.values()) {
      count[column(axis, value, radius)]++;
    }
    double most = Arrays.stream(count).max().orElse(1);
    double gap = Math.min(2 * radius + 0.4, (STRIP - 2 * radius) / Math.max(most - 1, 1));
    values.forEach((problem, value) -> {
      int column = column(axis, value, radius);
      int place = placed[column]++;
      double y = middle + gap * (place - (count[column] - 1) / 2.0);
      svg.dot(axis.at(value), y, radius, problem + ": " + Figures.ratio(value));
    });
  }

  /** As wide as a dot. */
  private static int column(Axis axis, double value, double radius) {
    return (int) (axis.at(value) / (2 * radius));
  }

  private static double clamped(Axis axis, double value) {
    return axis.at(Math.clamp(value, axis.low(), axis.high()));
  }

  /** Such as {@code 1.53 (1.50 to 1.56)}. */
  static String interval(PageSetting setting) {
    OptionalDouble low = setting.figure("gain", "low");
    OptionalDouble high = setting.figure("gain", "high");
    String median = Figures.ratio(setting.figure("gain", "median"));
    return low.isPresent() && high.isPresent()
        ? median + " (" + Figures.ratio(low) + " to " + Figures.ratio(high) + ")"
        : median;
  }

  private static String label(Map<PageSetting, Map<String, Double>> gains) {
    List<String> parts =
        gains.entrySet().stream()
            .map(entry ->
                entry.getKey().name()
                    + " "
                    + interval(entry.getKey())
                    + " over "
                    + entry.getValue().size()
                    + " problems")
            .toList();
    return "Strips of dots: gain on each problem. Medians: " + String.join("; ", parts);
  }
}
