package dev.dovetail.cli;

import dev.dovetail.engine.cost.RoundMeter.Drafted;
import dev.dovetail.engine.cost.RoundMeter.Measured;
import dev.dovetail.engine.plan.Budget;
import dev.dovetail.engine.plan.Part;
import dev.dovetail.engine.plan.Prediction;
import dev.dovetail.engine.plan.Predictor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What {@code plan} found, before it is written.
 *
 * @param assumptions everything that was neither given nor measured, a sentence each
 */
record PlanOutcome(
    Budget budget,
    VramBudget vram,
    Budget.Plan plan,
    Predictor predictor,
    Optional<Measured> measured,
    List<String> assumptions) {

  List<Prediction> predictions() {
    return predictor.all(plan.placement());
  }

  /** Where the draft runs: {@code gpu}, {@code cpu} or nowhere. */
  Optional<String> draftSide() {
    return budget.draft().map(draft -> plan.placement().draftOnGpu() ? "gpu" : "cpu");
  }

  /** What was measured of that way of decoding: only what needs no GPU. */
  OptionalDouble measuredTokPerS(Prediction prediction) {
    return switch (prediction.kind()) {
      case PLAIN ->
          measured.map(m -> OptionalDouble.of(m.plainTokPerS())).orElse(OptionalDouble.empty());
      case DRAFT ->
          plan.placement().draftOnGpu()
              ? OptionalDouble.empty()
              : measured
                  .flatMap(Measured::drafted)
                  .map(Drafted::tokPerS)
                  .map(OptionalDouble::of)
                  .orElse(OptionalDouble.empty());
      case DRAFT_AND_LAYERS, LAYERS -> OptionalDouble.empty();
    };
  }

  /** The one line that says what did not fit; empty where all did. */
  Optional<String> shortfall() {
    return plan.next()
        .filter(next -> plan.budget() > 0)
        .map(next -> {
          boolean draftMissing = budget.draft().isPresent() && !plan.placement().draftOnGpu();
          String what =
              draftMissing
                  ? "with the draft it would take "
                  : "with layer %d it would take ".formatted(plan.placement().gpuLayers() + 1);
          String fits =
              plan.placement().gpu().containsKey(Part.CUDA_CONTEXT)
                  ? "this is the largest plan that fits"
                  : "nothing goes to the GPU";
          return "%s%s of GPU memory, and %s may be used: %s"
              .formatted(what, Units.bytes(next.gpuBytes()), Units.bytes(plan.budget()), fits);
        });
  }
}
