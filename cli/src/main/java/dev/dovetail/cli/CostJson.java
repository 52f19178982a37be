package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.cost.PassBreakdown;
import dev.dovetail.engine.cost.PassCosts;
import java.util.Optional;

/** What {@code bench cost --json} prints. The order of the fields is part of the format. */
final class CostJson {
  private CostJson() {}

  static String of(PassCosts costs, Optional<PassBreakdown> breakdown) {
    ObjectNode root = Json.object();
    root.putObject("limits")
        .put("read_gb_per_s", costs.limits().readGbPerS())
        .put("fma_gmac_per_s", costs.limits().fmaGmacPerS())
        .put("barrier_us", costs.limits().barrierMicros());
    ObjectNode passes = root.putObject("pass_ms");
    costs.passMs().forEach((n, ms) -> passes.put(n.toString(), ms));
    ObjectNode prompts = root.putObject("prefill_tok_per_s");
    costs.prefillTokPerS().forEach((length, rate) -> prompts.put(length.toString(), rate));
    root.put("bytes_per_pass", costs.work().bytesPerPass());
    root.put("macs_per_token", costs.work().macsPerToken());
    root.put("prefix", costs.prefix());
    root.put("threads", costs.threads());
    root.put("kernels", costs.kernels());
    breakdown.ifPresent(parts -> root.set("breakdown", json(parts)));
    return root.toString();
  }

  private static ObjectNode json(PassBreakdown breakdown) {
    ObjectNode node = Json.object();
    node.put("n", breakdown.n());
    node.put("pass_ms", breakdown.passMs());
    ObjectNode operations = node.putObject("operations_ms");
    breakdown.operations().forEach((name, operation) -> operations.put(name, operation.ms()));
    node.put("choice_ms", breakdown.choiceMs());
    node.put("rest_ms", breakdown.restMs());
    return node;
  }
}
