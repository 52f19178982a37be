package dev.dovetail.cli;

import dev.dovetail.engine.cost.RoundMeter.Measured;
import dev.dovetail.engine.plan.Cpu;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.engine.plan.Part;
import dev.dovetail.engine.plan.Placement;
import dev.dovetail.engine.plan.Prediction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** A plan, for people. */
final class PlanReport {
  private PlanReport() {}

  static List<String> lines(PlanOutcome outcome) {
    List<String> lines = new ArrayList<>();
    head(lines, outcome);
    Placement placement = outcome.plan().placement();
    int cpuLayers = outcome.budget().target().layers() - placement.gpuLayers();
    lines.add("");
    side(lines, "GPU", placement.gpu(), placement.gpuBytes(), placement.gpuLayers());
    side(lines, "CPU", placement.cpu(), placement.cpuBytes(), cpuLayers);
    outcome.shortfall().ifPresent(lines::add);
    lines.add("");
    predictions(lines, outcome);
    outcome.measured().ifPresent(measured -> measured(lines, measured));
    lines.add("");
    lines.add("assumed");
    outcome.assumptions().forEach(assumption -> lines.add("  - " + assumption));
    return lines;
  }

  private static void head(List<String> lines, PlanOutcome outcome) {
    ModelShape target = outcome.budget().target();
    lines.add(
        "%s, %d layers; draft: %s; a context of %d in %s"
            .formatted(
                Printable.of(target.name()),
                target.layers(),
                outcome.budget().draft().map(DraftShape::name).map(Printable::of).orElse("none"),
                outcome.budget().context(),
                outcome.budget().kv().name().toLowerCase(Locale.ROOT)));
    lines.add(
        outcome.vram().source() == VramBudget.Source.NO_CARD
            ? outcome.vram().explanation()
            : "GPU memory: %s, %s"
                .formatted(Units.bytes(outcome.vram().bytes()), outcome.vram().explanation()));
  }

  private static void side(
      List<String> lines, String name, Map<Part, Long> parts, long all, int layers) {
    lines.add("%-27s %15s".formatted(name, "bytes"));
    parts.forEach((part, bytes) -> {
      String label =
          part == Part.TARGET_LAYERS ? "%s (%d)".formatted(part.label(), layers) : part.label();
      lines.add(row(label, bytes));
    });
    lines.add(row("all", all));
  }

  private static String row(String label, long bytes) {
    return "  %-25s %15d %10s".formatted(label, bytes, Units.bytes(bytes));
  }

  private static void predictions(List<String> lines, PlanOutcome outcome) {
    double plain = outcome.predictor().plain().tokPerS();
    lines.add(
        "%-40s %6s %9s %9s %9s %8s %6s%s"
            .formatted(
                "predicted",
                "tau",
                "draft ms",
                "GPU ms",
                "CPU ms",
                "tok/s",
                "gain",
                outcome.measured().isPresent() ? "  measured tok/s" : ""));
    for (Prediction prediction : outcome.predictions()) {
      OptionalDouble found = outcome.measuredTokPerS(prediction);
      lines.add(
          "  %-38s %6s %9s %9s %9s %8s %6s%s"
              .formatted(
                  label(prediction, outcome),
                  Units.decimal(prediction.tau(), 2),
                  Units.decimal(prediction.draftMs(), 2),
                  Units.decimal(prediction.gpuMs(), 2),
                  Units.decimal(prediction.cpuMs(), 2),
                  Units.decimal(prediction.tokPerS(), 2),
                  Units.decimal(prediction.tokPerS() / plain, 2),
                  found.isPresent()
                      ? "  %14s".formatted(Units.decimal(found.getAsDouble(), 2))
                      : ""));
    }
    Cpu cpu = outcome.predictor().cpu();
    lines.add(
        "from: the CPU reads %s GB/s and computes %s GMAC/s, the GPU's memory has %s GB/s"
            .formatted(
                rate(cpu.readGbPerS()),
                rate(cpu.gmacPerS()),
                rate(outcome.predictor().gpu().readGbPerS())));
  }

  private static String rate(double value) {
    return Double.isFinite(value) ? Units.decimal(value, 1) : "any number of";
  }

  private static String label(Prediction prediction, PlanOutcome outcome) {
    String side = outcome.draftSide().map(s -> s.toUpperCase(Locale.ROOT)).orElse("");
    return switch (prediction.kind()) {
      case PLAIN -> "plain";
      case DRAFT -> "draft on the " + side;
      case DRAFT_AND_LAYERS ->
          side.equals("GPU")
              ? "draft and %d layers on the GPU".formatted(prediction.gpuLayers())
              : "draft on the CPU, %d layers on the GPU".formatted(prediction.gpuLayers());
      case LAYERS -> "%d layers on the GPU".formatted(prediction.gpuLayers());
    };
  }

  private static void measured(List<String> lines, Measured measured) {
    lines.add(
        "measured here: T(1) %s ms, T(%d) %s ms%s"
            .formatted(
                Units.decimal(measured.oneMs(), 2),
                measured.nodes(),
                Units.decimal(measured.manyMs(), 2),
                measured
                    .drafted()
                    .map(drafted ->
                        ", drafting on the CPU %s ms a round, tau %s"
                            .formatted(
                                Units.decimal(drafted.draftMs(), 2),
                                Units.decimal(drafted.tau(), 3)))
                    .orElse("")));
  }
}
