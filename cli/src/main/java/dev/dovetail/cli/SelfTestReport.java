package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.selftest.DeviceReport;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.DraftRounds;
import dev.dovetail.engine.selftest.DraftSpeed;
import dev.dovetail.engine.selftest.OperationCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code selftest gpu} found, as it prints it.
 *
 * @param drafting how fast drafts are, which decides nothing
 * @param draft empty without the model
 */
record SelfTestReport(
    DeviceReport operations, List<DraftSpeed> drafting, Optional<DraftReport> draft) {

  /** All of it. */
  boolean passed() {
    return operations.passed() && draftPassed();
  }

  private boolean draftPassed() {
    return draft.map(DraftReport::passed).orElse(true);
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    DeviceLimits limits = operations.limits();
    lines.add(
        Printable.of(operations.device())
            + ", compared with "
            + Printable.of(operations.reference()));
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
    for (OperationCheck check : operations.operations()) {
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
    lines.addAll(draftingLines());
    lines.add("");
    lines.add("memory: " + memory());
    lines.add("draft: " + draft.map(SelfTestReport::line).orElse("skipped: no model in the store"));
    lines.add(verdict());
    return lines;
  }

  private List<String> draftingLines() {
    List<String> lines = new ArrayList<>();
    String format = "%-40s %-5s %8s %9s %8s %6s %9s %9s %8s %8s";
    lines.add(
        format.formatted(
            "drafting, random weights",
            "tree",
            "MB/level",
            "us/level",
            "GB/s",
            "share",
            "round us",
            "executed",
            "launch",
            "once"));
    for (DraftSpeed speed : drafting) {
      speed
          .skipped()
          .ifPresent(
              why -> lines.add("%-40s skipped: %s".formatted(speed.size(), Printable.of(why))));
      for (DraftRounds rounds : speed.rounds()) {
        lines.add(
            format.formatted(
                speed.size(),
                rounds.tree(),
                Units.decimal(rounds.levelBytes() / 1e6, 1),
                Units.decimal(rounds.levelMicros(), 1),
                Units.decimal(rounds.gbPerS(), 1),
                Units.decimal(100 * rounds.share(operations.limits()), 0) + " %",
                Units.decimal(rounds.roundMicros(), 1),
                Units.decimal(rounds.executedMicros(), 1),
                Units.decimal(rounds.launchMicros(), 1),
                Units.decimal(rounds.onceMicros(), 1)));
      }
    }
    return lines;
  }

  private String memory() {
    if (operations.bytesLeft().isEmpty()) {
      return "not counted";
    }
    long left = operations.bytesLeft().getAsLong();
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

  private String verdict() {
    int all = operations.operations().size();
    long failed = operations.operations().stream().filter(check -> !check.passed()).count();
    return passed()
        ? "passed: %d operations".formatted(all)
        : "FAILED: %d of %d operations%s%s"
            .formatted(
                failed,
                all,
                operations.bytesLeft().orElse(0) == 0 ? "" : ", the memory",
                draftPassed() ? "" : ", the draft");
  }

  private static String word(boolean passed) {
    return passed ? "ok" : "FAILED";
  }

  private static String small(double value) {
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
  }

  /** For programs. The order of the fields is part of the format. */
  String json() {
    ObjectNode root = Json.object();
    DeviceLimits limits = operations.limits();
    root.put("passed", passed());
    root.put("device", operations.device());
    root.put("reference", operations.reference());
    root.putObject("limits")
        .put("read_gb_per_s", limits.readGbPerS())
        .put("fma_gmac_per_s", limits.fmaGmacPerS())
        .put("launch_us", limits.barrierMicros());
    ArrayNode checks = root.putArray("operations");
    for (OperationCheck check : operations.operations()) {
      ObjectNode node = checks.addObject();
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
    root.put(
        "bytes_left", operations.bytesLeft().isEmpty() ? null : operations.bytesLeft().getAsLong());
    ArrayNode speeds = root.putArray("drafting");
    drafting.forEach(speed -> speeds.add(json(speed, limits)));
    if (draft.isEmpty()) {
      root.putNull("draft");
    } else {
      root.set("draft", json(draft.get()));
    }
    return root.toString();
  }

  private static ObjectNode json(DraftSpeed speed, DeviceLimits limits) {
    ObjectNode node = Json.object();
    node.put("draft", speed.size().toString());
    node.put("weight_bytes", speed.size().bytes());
    node.put("skipped", speed.skipped().orElse(null));
    ArrayNode trees = node.putArray("trees");
    for (DraftRounds rounds : speed.rounds()) {
      trees
          .addObject()
          .put("tree", rounds.tree().toString())
          .put("level_bytes", rounds.levelBytes())
          .put("level_us", rounds.levelMicros())
          .put("gb_per_s", finite(rounds.gbPerS()))
          .put("share", finite(rounds.share(limits)))
          .put("round_us", rounds.roundMicros())
          .put("executed_us", rounds.executedMicros())
          .put("launch_us", rounds.launchMicros())
          .put("once_us", rounds.onceMicros());
    }
    return node;
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
