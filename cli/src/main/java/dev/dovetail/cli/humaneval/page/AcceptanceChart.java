package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** How often the guess at each depth of the tree was right. */
final class AcceptanceChart {
  private static final double TOP = 30;
  private static final double BOTTOM = 240;
  private static final double LEFT = 46;

  private AcceptanceChart() {}

  /** Writes the chart; nothing where no setting guesses. */
  static void write(Markup html, PageData data) {
    Map<PageSetting, List<double[]>> lines = new LinkedHashMap<>();
    int deepest = 0;
    for (PageSetting setting : data.settings(PageSetting::speculates)) {
      List<double[]> points = points(setting.summary().path("acceptance_by_depth"));
      if (!points.isEmpty()) {
        lines.put(setting, points);
        deepest = Math.max(deepest, (int) points.getLast()[0]);
      }
    }
    if (lines.isEmpty()) {
      return;
    }
    Chart.open(
        html,
        "acceptance",
        "Acceptance by depth",
        "Of the rounds whose tree reached a depth, and whose guess one level above was accepted:"
            + " the share in which a guess at this depth was accepted too.");
    Svg svg = Chart.svg(html, BOTTOM + 44, label(lines));
    Axis up = new Axis(0, 100, BOTTOM, TOP, 20);
    Chart.upward(svg, up, LEFT, Chart.RIGHT, "accepted, %");
    Axis across = new Axis(0.5, deepest + 0.5, LEFT, Chart.RIGHT, 1);
    int every = (deepest + 11) / 12;
    for (int depth = 1; depth <= deepest; depth += every) {
      svg.text(across.at(depth), BOTTOM + 17, "middle", Integer.toString(depth), "class", "tick");
    }
    svg.text((LEFT + Chart.RIGHT) / 2, BOTTOM + 38, "middle", "depth in the tree", "class", "unit");
    lines.forEach((setting, points) -> line(svg, across, up, setting, points));
    svg.end();
    Chart.legend(html, List.copyOf(lines.keySet()));
    html.close().newLine();
  }

  /** Depths from 1 and shares in percent, where they are known. */
  private static List<double[]> points(JsonNode shares) {
    List<double[]> points = new ArrayList<>();
    for (int i = 0; i < shares.size(); i++) {
      int depth = i + 1;
      Figures.at(shares.get(i)).ifPresent(share -> points.add(new double[] {depth, 100 * share}));
    }
    return points;
  }

  private static void line(
      Svg svg, Axis across, Axis up, PageSetting setting, List<double[]> points) {
    svg.group("class", setting.style());
    StringJoiner path = new StringJoiner("L", "M", "");
    for (double[] point : points) {
      path.add(Svg.number(across.at(point[0])) + " " + Svg.number(up.at(point[1])));
    }
    svg.path(path.toString(), "class", "curve");
    for (double[] point : points) {
      String shape = setting.marker().path(across.at(point[0]), up.at(point[1]), 4.5);
      svg.path(shape, "class", "mark");
    }
    svg.end();
  }

  private static String label(Map<PageSetting, List<double[]>> lines) {
    StringJoiner label = new StringJoiner("; ", "Lines of acceptance by depth, from depth 1: ", "");
    lines.forEach((setting, points) ->
        label.add(
            setting.name()
                + " "
                + String.join(
                    ", ", points.stream().map(point -> Figures.percent(point[1] / 100)).toList())));
    return label.toString();
  }
}
