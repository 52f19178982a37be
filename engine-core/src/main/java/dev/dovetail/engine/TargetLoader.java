package dev.dovetail.engine;

import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.plan.Budget;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.models.load.Model;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Loads a target, with as many of its layers on the GPU as were chosen and fit beside the draft.
 *
 * @param wanted how many layers go on the GPU, more than there are being all; empty: as many as fit
 * @param kv how keys and values are kept
 * @param context positions of keys and values
 * @param weightCache where the CPU's matrices are kept
 * @param warnings is told, in a line, when fewer layers go there than might
 */
record TargetLoader(
    OptionalInt wanted,
    SharedGpu gpu,
    KvType kv,
    int context,
    Optional<Path> weightCache,
    Consumer<String> warnings) {

  /**
   * Loads it.
   *
   * @param draft where it is on the GPU, it has its share of that already
   * @throws IllegalStateException if layers must go on a GPU, and none can be used
   */
  TargetWeights load(Model model, Device cpu, Optional<DraftLoader.Loaded> draft) {
    if (wanted.equals(OptionalInt.of(0))) {
      return onCpu(model, cpu);
    }
    Optional<String> why = gpu.unavailable();
    if (why.isPresent()) {
      if (wanted.isPresent()) {
        throw new IllegalStateException(cannot(why.get()) + "; --gpu-layers auto goes on without");
      }
      return onCpu(model, cpu);
    }
    try {
      Device device = gpu.open();
      int layers =
          layers(
              ModelShape.of(model, gpu::packedBits),
              device,
              draft.filter(DraftLoader.Loaded::onGpu));
      return TargetWeights.load(model, cpu, weightCache, device, layers);
    } catch (DeviceFailure e) {
      if (wanted.isPresent()) {
        throw new IllegalStateException(cannot(e.getMessage()), e);
      }
      warnings.accept(
          (e.lasting() ? "the GPU is not used: " : "all layers run on the CPU: ") + e.getMessage());
      return onCpu(model, cpu);
    }
  }

  private String cannot(String why) {
    return "%d layers cannot run on a GPU: %s".formatted(wanted.orElseThrow(), why);
  }

  private TargetWeights onCpu(Model model, Device cpu) {
    return TargetWeights.load(model, cpu, weightCache, cpu, 0);
  }

  private int layers(ModelShape target, Device device, Optional<DraftLoader.Loaded> draftOnGpu) {
    long bytes = device.memoryBudget().orElse(0);
    Optional<DraftShape> draft = draftOnGpu.flatMap(loaded -> loaded.model().shape());
    Budget budget = new Budget(target, draft, context, kv);
    int fit = budget.largest(bytes, draft.isPresent()).placement().gpuLayers();
    int most = Math.min(wanted.orElse(target.layers()), target.layers());
    if (wanted.isPresent() && fit < most) {
      warnings.accept(
          "%d of the model's %d layers run on the GPU, as many as fit its budget of %d MiB; %d were wanted"
              .formatted(fit, target.layers(), bytes >> 20, most));
    }
    return Math.min(fit, most);
  }
}
