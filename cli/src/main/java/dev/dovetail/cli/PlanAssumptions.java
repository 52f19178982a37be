package dev.dovetail.cli;

import dev.dovetail.engine.plan.Budget;
import dev.dovetail.engine.plan.Gpu;
import dev.dovetail.engine.plan.Guess;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a plan takes for granted, in words. */
final class PlanAssumptions {
  private PlanAssumptions() {}

  /** What every plan assumes, behind what this one does. */
  static List<String> with(List<String> own, Budget budget, Optional<Guess> guess) {
    List<String> all = new ArrayList<>(own);
    guess.ifPresent(round ->
        all.add(
            "a round: %d step%s of the draft, a pass over %d tokens (the pending one among them)"
                .formatted(round.levels(), round.levels() == 1 ? "" : "s", round.nodes())));
    all.add(
        "GPU memory: CUDA's context and kernels take %s; activations are f32, for %d tokens of a"
                .formatted(Units.bytes(Budget.CUDA_CONTEXT), Budget.PROMPT_TOKENS)
            + " prompt at a time");
    if (budget.draft().isPresent()) {
      all.add("the draft on the GPU has its own copy of the target's embedding and head rows");
    }
    all.add(
        "the target's first layers go to the GPU, its head stays on the CPU; weights are counted as"
            + " in their file");
    all.add(
        "a pass on the CPU takes bytes / bandwidth + tokens x multiply-adds / rate, with no attention"
            + " beyond what was measured");
    all.add(
        "the GPU reaches %s of its bandwidth and computes meanwhile; %s us a launch, %d launches a"
                .formatted(
                    Units.decimal(100 * Gpu.REACH, 0) + " %",
                    Units.decimal(Gpu.LAUNCH_MICROS, 0),
                    Gpu.LAYER_LAUNCHES)
            + " layer, %d a step of the draft".formatted(Gpu.LEVEL_LAUNCHES));
    all.add(
        "the engine is warm: the first seconds of a process, while the JIT compiles, are slower");
    all.add("drafting and verifying take turns, and what passes between them takes no time");
    return all;
  }
}
