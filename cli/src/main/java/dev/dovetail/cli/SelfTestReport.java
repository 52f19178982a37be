package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.selftest.DeviceReport;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.OperationCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What {@code selftest gpu} prints. */
final class SelfTestReport {
  private SelfTestReport() {}

  /** For people. */
  static List<String> lines(DeviceReport report, Optional<DraftReport> draft) {
    List<String> lines = new ArrayList<>();
    DeviceLimits limits = report.limits();
    lines.add(
        Printable.of(report.device()) + ", compared with " + Printable.of(report.reference()));
    lines.add(
        "limits: reads %s GB/s, computes %s GMAC/s, a launch and waiting for it take %s us"
            .formatted(
                Units.decimal(limits.readGbPerS(), 1),
                Units.decimal(limits.fmaGmacPerS(), 0),
                Units.decimal(limits.barrierMicros(), 1)));
    lines.add("");
    String format = "%-22s %-50s %-6s %8s %8s %9s %8s %8s %6s";
    lines.add(
        format
            .formatted(
                "operation", "shape", "", "error", "allowed", "us", "GB/s", "GMAC/s", "share")
            .stripTrailing());
    for (OperationCheck check : report.operations()) {
      lines.add(
          format.formatted(
              check.operation(),
              check.shape(),
              word(check.passed()),
              small(check.error()),
              small(check.tolerance()),
              Units.decimal(check.micros(), 1),
              Units.decimal(check.gbPerS(), 1),
              check.macs() == 0 ? "" : Units.decimal(check.gmacPerS(), 0),
              Units.decimal(100 * check.share(limits), 0) + " %"));
    }
    lines.add("");
    lines.add("memory: " + memory(report));
    lines.add("draft: " + draft.map(SelfTestReport::line).orElse("skipped: no model in the store"));
    lines.add(verdict(report, draft));
    return lines;
  }

  private static String memory(DeviceReport report) {
    if (report.bytesLeft().isEmpty()) {
      return "not counted";
    }
    long left = report.bytesLeft().getAsLong();
    return left == 0 ? "all given back" : "FAILED, %d bytes were not given back".formatted(left);
  }

  private static String line(DraftReport draft) {
    return "%s, %s: %d of %d trees the same; log-probabilities differ by %s at most, %s is allowed"
        .formatted(
            word(draft.passed()),
            draft.draft(),
            draft.same(),
            draft.rounds(),
            small(draft.worst()),
            small(draft.tolerance()));
  }

  private static String verdict(DeviceReport report, Optional<DraftReport> draft) {
    long failed = report.operations().stream().filter(check -> !check.passed()).count();
    boolean passed = report.passed() && draft.map(DraftReport::passed).orElse(true);
    return passed
        ? "passed: %d operations".formatted(report.operations().size())
        : "FAILED: %d of %d operations%s%s"
            .formatted(
                failed,
                report.operations().size(),
                report.bytesLeft().orElse(0) == 0 ? "" : ", the memory",
                draft.map(DraftReport::passed).orElse(true) ? "" : ", the draft");
  }

  private static String word(boolean passed) {
    return passed ? "ok" : "FAILED";
  }

  private static String small(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }

  /** For programs. The order of the fields is part of the format. */
  static String json(DeviceReport report, Optional<DraftReport> draft) {
    ObjectNode root = Json.object();
    DeviceLimits limits = report.limits();
    root.put("passed", report.passed() && draft.map(DraftReport::passed).orElse(true));
    root.put("device", report.device());
    root.put("reference", report.reference());
    root.putObject("limits")
        .put("read_gb_per_s", limits.readGbPerS())
        .put("fma_gmac_per_s", limits.fmaGmacPerS())
        .put("launch_us", limits.barrierMicros());
    ArrayNode operations = root.putArray("operations");
    for (OperationCheck check : report.operations()) {
      ObjectNode node = operations.addObject();
      node.put("operation", check.operation());
      node.put("shape", check.shape());
      node.put("passed", check.passed());
      node.put("error", finite(check.error()));
      node.put("tolerance", check.tolerance());
      node.put("us", check.micros());
      node.put("bytes", check.bytes());
      node.put("macs", check.macs());
      node.put("gb_per_s", check.gbPerS());
      node.put("gmac_per_s", check.gmacPerS());
      node.put("share", check.share(limits));
    }
    root.put("bytes_left", report.bytesLeft().isEmpty() ? null : report.bytesLeft().getAsLong());
    if (draft.isEmpty()) {
      root.putNull("draft");
    } else {
      root.set("draft", json(draft.get()));
    }
    return root.toString();
  }

  private static ObjectNode json(DraftReport draft) {
    ObjectNode node = Json.object();
    node.put("name", draft.draft());
    node.put("passed", draft.passed());
    node.put("rounds", draft.rounds());
    node.put("same", draft.same());
    node.put("worst", finite(draft.worst()));
    node.put("tolerance", draft.tolerance());
    return node;
  }

  /** JSON has no other numbers. */
  private static Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }
}
