package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.cost.RoundMeter.Drafted;
import dev.dovetail.engine.cost.RoundMeter.Measured;
import dev.dovetail.engine.plan.Cpu;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.plan.Guess;
import dev.dovetail.engine.plan.Part;
import dev.dovetail.engine.plan.Placement;
import dev.dovetail.engine.plan.Prediction;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** What {@code plan --json} prints. The order of the fields is part of the format. */
final class PlanJson {
  private PlanJson() {}

  static String of(PlanOutcome outcome) {
    ObjectNode root = Json.object();
    root.put("target", outcome.budget().target().name());
    root.put("draft", outcome.budget().draft().map(DraftShape::name).orElse(null));
    root.put("context", outcome.budget().context());
    root.put("kv", lower(outcome.budget().kv()));
    root.putObject("vram")
        .put("budget_bytes", outcome.vram().bytes())
        .put("source", lower(outcome.vram().source()));
    Placement placement = outcome.plan().placement();
    root.put("draft_on", outcome.draftSide().orElse(null));
    root.put("gpu_layers", placement.gpuLayers());
    root.set("gpu_bytes", bytes(placement.gpu(), placement.gpuBytes()));
    root.set("cpu_bytes", bytes(placement.cpu(), placement.cpuBytes()));
    outcome
        .plan()
        .next()
        .ifPresentOrElse(
            next -> root.put("next_gpu_bytes", next.gpuBytes()),
            () -> root.putNull("next_gpu_bytes"));
    predictions(root.putArray("predictions"), outcome);
    Cpu cpu = outcome.predictor().cpu();
    ObjectNode machine = root.putObject("machine");
    finite(machine, "cpu_gb_per_s", cpu.readGbPerS());
    finite(machine, "cpu_gmac_per_s", cpu.gmacPerS());
    machine.put("gpu_gb_per_s", outcome.predictor().gpu().readGbPerS());
    root.set("round", outcome.predictor().guess().map(PlanJson::round).orElse(null));
    root.set("measured", outcome.measured().map(PlanJson::measured).orElse(null));
    ArrayNode assumptions = root.putArray("assumptions");
    outcome.assumptions().forEach(assumptions::add);
    return root.toString();
  }

  private static ObjectNode bytes(Map<Part, Long> parts, long all) {
    ObjectNode node = Json.object();
    node.put("all", all);
    parts.forEach((part, bytes) -> node.put(lower(part), bytes));
    return node;
  }

  private static void predictions(ArrayNode array, PlanOutcome outcome) {
    double plain = outcome.predictor().plain().tokPerS();
    for (Prediction prediction : outcome.predictions()) {
      ObjectNode node = array.addObject();
      node.put("kind", lower(prediction.kind()));
      node.put("gpu_layers", prediction.gpuLayers());
      node.put("tau", prediction.tau());
      node.put("draft_ms", prediction.draftMs());
      node.put("gpu_ms", prediction.gpuMs());
      node.put("cpu_ms", prediction.cpuMs());
      node.put("tok_per_s", prediction.tokPerS());
      node.put("gain", prediction.tokPerS() / plain);
      OptionalDouble found = outcome.measuredTokPerS(prediction);
      finite(node, "measured_tok_per_s", found.orElse(Double.NaN));
    }
  }

  private static ObjectNode round(Guess guess) {
    return Json.object()
        .put("nodes", guess.nodes())
        .put("levels", guess.levels())
        .put("width", guess.width())
        .put("tau", guess.tau());
  }

  private static ObjectNode measured(Measured measured) {
    ObjectNode node = Json.object();
    node.putObject("pass_ms")
        .put("1", measured.oneMs())
        .put(Integer.toString(measured.nodes()), measured.manyMs());
    finite(node, "draft_ms", measured.drafted().map(Drafted::draftMs).orElse(Double.NaN));
    finite(node, "tau", measured.drafted().map(Drafted::tau).orElse(Double.NaN));
    node.put("plain_tok_per_s", measured.plainTokPerS());
    finite(node, "draft_tok_per_s", measured.drafted().map(Drafted::tokPerS).orElse(Double.NaN));
    return node;
  }

  /** JSON has no infinity. */
  private static void finite(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
