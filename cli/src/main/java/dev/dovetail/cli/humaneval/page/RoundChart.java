package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.List;
import java.util.StringJoiner;

/** Where the time of a round goes, a bar for each setting. */
final class RoundChart {
  private static final double TOP = 4;
  private static final double BAR = 16;
  private static final double ROW = BAR + 48;

  private RoundChart() {}

  /** Writes the chart; nothing where no setting tells of its rounds. */
  static void write(Markup html, PageData data) {
    List<PageSetting> settings =
        data.settings(setting -> setting.figure("verify_ms_per_round").isPresent());
    double longest = settings.stream().mapToDouble(RoundChart::total).max().orElse(0);
    if (longest <= 0) {
      return;
    }
    Chart.open(
        html,
        "round",
        "Where a round’s time goes",
        "Drafting that was waited for, the target’s pass, and the channel between them, in the mean"
            + " round; at the right, that time divided by tau.");
    double bottom = TOP + ROW * settings.size();
    Svg svg = Chart.svg(html, bottom + 44, label(settings));
    Axis axis = Axis.around(0, longest, 6, Chart.LEFT, Chart.RIGHT - 8);
    Chart.across(svg, axis, TOP, bottom, "ms a round");
    double y = TOP;
    for (PageSetting setting : settings) {
      row(svg, axis, y, setting);
      y += ROW;
    }
    svg.end();
    html.open("ul", "class", "legend");
    part(html, "draft", "draft");
    part(html, "verify", "verify");
    part(html, "channel", "channel");
    html.close().close().newLine();
  }

  private static void part(Markup html, String style, String name) {
    html.open("li")
        .open("svg", "class", "swatch plain", "viewBox", "0 0 14 14", "aria-hidden", "true");
    html.leaf("rect", "class", "part-" + style, "width", "14", "height", "14");
    html.close().text(name).close().newLine();
  }

  private static void row(Svg svg, Axis axis, double top, PageSetting setting) {
    Chart.row(svg, top + 18, setting, value(setting));
    double from = 0;
    svg.group("class", setting.style());
    for (String part : new String[] {"draft", "verify", "channel"}) {
      double ms = setting.figure(part + "_ms_per_round").orElse(0);
      if (ms > 0) {
        double x = axis.at(from);
        svg.rect(x, top + 26, axis.at(from + ms) - x, BAR, "class", "part-" + part);
      }
      from += ms;
    }
    svg.end();
    svg.text(Chart.LEFT, top + 26 + BAR + 15, "start", parts(setting), "class", "tick");
  }

  static double total(PageSetting setting) {
    return setting.figure("draft_ms_per_round").orElse(0)
        + setting.figure("verify_ms_per_round").orElse(0)
        + setting.figure("channel_ms_per_round").orElse(0);
  }

  private static String value(PageSetting setting) {
    double total = total(setting);
    double tau = setting.figure("tau").orElse(0);
    return tau > 0 ? Figures.of(total / tau) + " ms a token" : "";
  }

  private static String parts(PageSetting setting) {
    return "draft "
        + Figures.of(setting.figure("draft_ms_per_round"))
        + " + verify "
        + Figures.of(setting.figure("verify_ms_per_round"))
        + " + channel "
        + Figures.of(setting.figure("channel_ms_per_round"))
        + " = "
        + Figures.of(total(setting));
  }

  private static String label(List<PageSetting> settings) {
    StringJoiner label = new StringJoiner(". ", "Bars of the time of a round in ms: ", "");
    for (PageSetting setting : settings) {
      label.add(setting.name() + " " + parts(setting) + "; " + value(setting));
    }
    return label.toString();
  }
}
