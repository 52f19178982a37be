package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Gain;
import dev.dovetail.cli.humaneval.Report;
import dev.dovetail.cli.humaneval.Result;
import dev.dovetail.cli.humaneval.Summary;
import dev.dovetail.cli.humaneval.page.Caveats;
import java.util.ArrayList;
import java.util.List;

/** The report of {@code bench humaneval} for people: a line for each setting. */
final class HumanEvalTable {
  private static final String UNKNOWN = "-";

  private HumanEvalTable() {}

  static List<String> lines(Report report) {
    int width =
        Math.max(
            "setting".length(),
            report.summary().stream()
                .mapToInt(summary -> Printable.of(summary.setting()).length())
                .max()
                .orElse(0));
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s, %d problems, %s; %s, %s, %d threads"
            .formatted(
                Printable.of(report.model().name()),
                report.results().stream().map(Result::problem).distinct().count(),
                report.options().prompt(),
                report.conditions().cpu(),
                report.conditions().kernels(),
                report.conditions().threads()));
    boolean scored = report.summary().stream().anyMatch(summary -> summary.passAt1() != null);
    lines.add(
        row(
            width,
            "setting",
            "tok/s",
            "gain (95 %)",
            "tau",
            "draft ms",
            "verify ms",
            "identical",
            scored ? "pass@1" : ""));
    for (Summary summary : report.summary()) {
      lines.add(
          row(
              width,
              Printable.of(summary.setting()),
              number(summary.decodeTokPerS() == null ? null : summary.decodeTokPerS().median(), 1),
              gain(summary.gain()),
              number(summary.tau(), 2),
              number(summary.draftMsPerRound(), 2),
              number(summary.verifyMsPerRound(), 2),
              identical(summary),
              scored ? passed(summary.passAt1()) : ""));
    }
    lines.add("medians over problems; tau and times over all rounds");
    if (report.summary().stream().anyMatch(HumanEvalTable::withoutInterval)) {
      lines.add("an interval takes %d problems".formatted(Gain.FEWEST));
    }
    Caveats.of(report.json()).forEach(caveat -> lines.add(Printable.of(caveat)));
    return lines;
  }

  private static String row(int width, String name, Object... cells) {
    String padded = name + " ".repeat(width - name.length());
    return (padded + "%8s  %18s  %6s  %8s  %9s  %-10s  %s".formatted(cells)).stripTrailing();
  }

  private static boolean withoutInterval(Summary summary) {
    return summary.gain() != null && summary.gain().low() == null;
  }

  private static String gain(Gain gain) {
    if (gain == null) {
      return UNKNOWN;
    }
    String median = Units.decimal(gain.median(), 2);
    return gain.low() == null
        ? median
        : "%s [%s, %s]"
            .formatted(median, Units.decimal(gain.low(), 2), Units.decimal(gain.high(), 2));
  }

  private static String identical(Summary summary) {
    return summary.identical() == null
        ? UNKNOWN
        : "%d of %d".formatted(summary.identical(), summary.identical() + summary.different());
  }

  private static String passed(Summary.Passed passed) {
    return passed == null
        ? UNKNOWN
        : "%s %% (%d of %d)"
            .formatted(Units.decimal(100 * passed.rate(), 1), passed.passed(), passed.of());
  }

  private static String number(Double value, int digits) {
    return value == null ? UNKNOWN : Units.decimal(value, digits);
  }
}
