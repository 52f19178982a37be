package dev.dovetail.cli.humaneval.page;

import dev.dovetail.cli.markup.Markup;
import dev.dovetail.cli.markup.Svg;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.StringJoiner;

/** T(n), and what each setting's rounds cost and yield beside it. */
final class PassChart {
  private static final double TOP = 34;
  private static final double BOTTOM = 290;
  private static final double LEFT = 46;
  private static final double RIGHT = Chart.WIDTH - 46;

  private final double[][] passes;
  private final double single;
  private final List<PageSetting> settings;
  private final Optional<PageSetting> best;
  private final Axis across;
  private final Axis up;

  private PassChart(PageData data) {
    passes = data.passes();
    single = passes[0][0] == 1 ? passes[0][1] : 0;
    settings = single > 0 ? data.settings(PassChart::placed) : List.of();
    best = data.best();
    double widest = passes[passes.length - 1][0];
    double highest = Arrays.stream(passes).mapToDouble(pass -> pass[1]).max().orElseThrow();
    for (PageSetting setting : settings) {
      widest = Math.max(widest, tokens(setting));
      highest = Math.max(highest, Math.max(RoundChart.total(setting), tau(setting) * single));
    }
    across = new Axis(0, log2(Math.max(widest, 2)), LEFT + 10, RIGHT - 10, 1);
    up = Axis.around(0, highest, 6, BOTTOM, TOP);
  }

  /** Writes the chart; nothing where no passes were measured. */
  static void write(Markup html, PageData data) {
    if (data.passes().length > 0) {
      new PassChart(data).write(html);
    }
  }

  private void write(Markup html) {
    Chart.open(
        html,
        "passes",
        "A pass over n tokens",
        settings.isEmpty()
            ? "T(n): the time of one pass of the target, measured in the same process."
            : "The line is T(n), the target’s pass over n tokens, measured in the same process. For"
                + " each setting: what its mean round costs (hollow), and its yield, tau × T(1)"
                + " (filled). It gains where the yield stands above the cost; the dotted line is the"
                + " best setting’s yield.");
    Svg svg = Chart.svg(html, BOTTOM + 44, label());
    Chart.upward(svg, up, LEFT, RIGHT, "ms");
    ratios(svg);
    tokens(svg);
    StringJoiner path = new StringJoiner("L", "M", "");
    for (double[] pass : passes) {
      path.add(Svg.number(x(pass[0])) + " " + Svg.number(up.at(pass[1])));
    }
    svg.path(path.toString(), "class", "curve ink");
    for (double[] pass : passes) {
      svg.circle(x(pass[0]), up.at(pass[1]), 2.6, "class", "ink");
    }
    best.filter(settings::contains).ifPresent(setting -> yieldLine(svg, setting));
    settings.forEach(setting -> round(svg, setting));
    svg.end();
    if (!settings.isEmpty()) {
      Chart.legend(html, settings);
    }
    html.close().newLine();
  }

  /** The right axis: the same heights as multiples of T(1). */
  private void ratios(Svg svg) {
    if (single == 0) {
      return;
    }
    Axis ratios = Axis.around(0, up.high() / single, 6, BOTTOM, TOP);
    svg.text(Chart.WIDTH - 2, TOP - 14, "end", "× T(1)", "class", "unit");
    for (double tick : ratios.ticks()) {
      double y = up.at(tick * single);
      if (y >= TOP - 1) {
        svg.line(RIGHT, y, RIGHT + 4, y, "class", "axis");
        svg.text(RIGHT + 8, y + 4, "start", ratios.label(tick), "class", "tick");
      }
    }
  }

  private void tokens(Svg svg) {
    for (int power = 0; power <= across.high(); power++) {
      double x = across.at(power);
      svg.line(x, TOP, x, BOTTOM, "class", "grid");
      svg.text(x, BOTTOM + 17, "middle", Long.toString(1L << power), "class", "tick");
    }
    String unit = "n: tokens in the pass";
    svg.text((LEFT + RIGHT) / 2, BOTTOM + 38, "middle", unit, "class", "unit");
  }

  /**
   * What a round of the best setting yields, all across: longer rounds of its tau would not pay.
   */
  private void yieldLine(Svg svg, PageSetting best) {
    double y = up.at(tau(best) * single);
    svg.line(LEFT, y, RIGHT, y, "class", "yield " + best.style());
  }

  private void round(Svg svg, PageSetting setting) {
    double x = x(tokens(setting)) + beside(setting);
    double cost = up.at(RoundChart.total(setting));
    double yield = up.at(tau(setting) * single);
    svg.group("class", setting.style());
    svg.line(x, cost, x, yield, "class", "stem");
    svg.path(setting.marker().path(x, cost, 4.5), "class", "open");
    svg.path(setting.marker().path(x, yield, 4.5), "class", "mark");
    svg.end();
  }

  /** Settings of as many tokens stand side by side. */
  private double beside(PageSetting setting) {
    List<PageSetting> same =
        settings.stream().filter(other -> tokens(other) == tokens(setting)).toList();
    return 11 * (same.indexOf(setting) - (same.size() - 1) / 2.0);
  }

  private static boolean placed(PageSetting setting) {
    return setting.speculates()
        && setting.figure("tree_nodes", "median").orElse(-1) >= 0
        && setting.figure("tau").isPresent()
        && setting.figure("verify_ms_per_round").isPresent();
  }

  /** Guessed tokens, and the one before them that is certain. */
  private static double tokens(PageSetting setting) {
    return setting.figure("tree_nodes", "median").orElseThrow() + 1;
  }

  private static double tau(PageSetting setting) {
    return setting.figure("tau").orElseThrow();
  }

  private double x(double n) {
    return across.at(log2(n));
  }

  private static double log2(double n) {
    return Math.log(n) / Math.log(2);
  }

  private String label() {
    StringJoiner label = new StringJoiner("; ", "Time of a pass over n tokens: ", "");
    for (double[] pass : passes) {
      label.add(Figures.fixed(pass[0], 0) + " in " + Figures.of(pass[1]) + " ms");
    }
    for (PageSetting setting : settings) {
      label.add(
          setting.name()
              + " costs "
              + Figures.of(RoundChart.total(setting))
              + " ms a round and yields "
              + Figures.of(OptionalDouble.of(tau(setting)))
              + " tokens");
    }
    return label.toString();
  }
}
