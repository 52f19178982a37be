package dev.dovetail.cli;

import dev.dovetail.engine.cost.PassBreakdown;
import dev.dovetail.engine.cost.PassCosts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What passes cost, for people. */
final class CostReport {
  private static final int CURVE_WIDTH = 40;

  private CostReport() {}

  static List<String> lines(PassCosts costs, Optional<PassBreakdown> breakdown) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s, %d thread%s: reads %s GB/s, computes %s GMAC/s, a barrier takes %s us"
            .formatted(
                costs.kernels(),
                costs.threads(),
                costs.threads() == 1 ? "" : "s",
                Units.decimal(costs.limits().readGbPerS(), 1),
                Units.decimal(costs.limits().fmaGmacPerS(), 0),
                Units.decimal(costs.limits().barrierMicros(), 1)));
    lines.add(
        "a pass reads %s MB; a token takes %s million multiply-adds; %d tokens before it"
            .formatted(
                Units.decimal(costs.work().bytesPerPass() / 1e6, 1),
                Units.decimal(costs.work().macsPerToken() / 1e6, 1),
                costs.prefix()));
    lines.add("");
    curve(lines, costs);
    if (!costs.prefillTokPerS().isEmpty()) {
      lines.add("");
    }
    costs
        .prefillTokPerS()
        .forEach((length, rate) ->
            lines.add(
                "prompt of %d: %s tokens/s, %s of FMA"
                    .formatted(
                        length, Units.decimal(rate, 0), percent(costs.prefillFmaShare(length)))));
    breakdown.ifPresent(parts -> breakdown(lines, costs, parts));
    return lines;
  }

  private static void curve(List<String> lines, PassCosts costs) {
    double first = costs.passMs().get(costs.passMs().firstKey());
    double longest = costs.passMs().values().stream().mapToDouble(ms -> ms).max().orElseThrow();
    lines.add(
        "   n   T(n) ms  T(n)/T(%d)   GB/s of limit  GMAC/s of limit"
            .formatted(costs.passMs().firstKey()));
    costs
        .passMs()
        .forEach((n, ms) ->
            lines.add(
                "%4d %9s %10s %6s %8s %7s %8s  %s"
                    .formatted(
                        n,
                        Units.decimal(ms, 2),
                        Units.decimal(ms / first, 2),
                        Units.decimal(costs.readGbPerS(n), 1),
                        percent(costs.readShare(n)),
                        Units.decimal(costs.gmacPerS(n), 1),
                        percent(costs.fmaShare(n)),
                        bar(ms / longest))));
  }

  private static String bar(double share) {
    return "\u2588".repeat((int) Math.max(1, Math.round(share * CURVE_WIDTH)));
  }

  private static void breakdown(List<String> lines, PassCosts costs, PassBreakdown parts) {
    lines.add("");
    lines.add("where the time of a pass over n = %d goes".formatted(parts.n()));
    parts.operations().entrySet().stream()
        .sorted((a, b) -> Double.compare(b.getValue().ms(), a.getValue().ms()))
        .forEach(entry -> lines.add(part(entry, parts)));
    lines.add(row("choice of the tokens", 0, parts.choiceMs(), parts));
    lines.add(row("rest", 0, parts.restMs(), parts));
    lines.add(row("all", 0, parts.passMs(), parts));
    double barriers = parts.multiplications() * costs.limits().barrierMicros() / 1e3;
    lines.add(
        "of which %d barriers of multiplications, if nothing has to be waited for: %s ms"
            .formatted(Math.round(parts.multiplications()), Units.decimal(barriers, 2)));
  }

  private static String part(
      Map.Entry<String, PassBreakdown.Operation> entry, PassBreakdown parts) {
    PassBreakdown.Operation operation = entry.getValue();
    String row = row(entry.getKey(), operation.calls(), operation.ms(), parts);
    return operation.bytes() == 0
        ? row
        : row + "%7s GB/s".formatted(Units.decimal(operation.bytes() / operation.ms() / 1e6, 1));
  }

  private static String row(String name, double calls, double ms, PassBreakdown parts) {
    return "  %-30s %5s %8s ms %6s"
        .formatted(
            name,
            calls == 0 ? "" : Units.decimal(calls, 0) + "x",
            Units.decimal(ms, 3),
            percent(ms / parts.passMs()));
  }

  private static String percent(double share) {
    return Units.decimal(100 * share, 1) + " %";
  }
}
