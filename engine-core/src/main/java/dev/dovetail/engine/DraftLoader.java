package dev.dovetail.engine;

import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftProvider;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.load.Model;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Opens a draft for a target, on the device that was chosen for it.
 *
 * @param gpu where it may go
 * @param warnings is told, in a line, when a draft that could do better goes on the CPU
 */
record DraftLoader(Draft.Model draft, DraftPlace place, SharedGpu gpu, Consumer<String> warnings) {
  /**
   * A draft, which closing it closes.
   *
   * @param device what it runs on where that is not the target's own device
   * @param warnings is told, in a line, when the device fails to take its memory back
   */
  record Loaded(DraftModel model, Optional<Device> device, Consumer<String> warnings)
      implements AutoCloseable {
    /** The draft's name, and what it runs on where that is not the target's own device. */
    String name() {
      return model.name() + device.map(own -> " on " + own.description()).orElse("");
    }

    boolean onGpu() {
      return device.isPresent();
    }

    @Override
    public void close() {
      try {
        model.close();
      } catch (DeviceFailure e) {
        warnings.accept("the draft's memory is not given back: " + e.getMessage());
      }
    }
  }

  /**
   * Opens it.
   *
   * @param cpu what the target runs on
   * @return empty where nothing guesses
   * @throws IllegalStateException if it must run on a GPU, and none can be used
   */
  Optional<Loaded> load(Model model, Device cpu) {
    return switch (draft) {
      case Draft.None none -> Optional.empty();
      case Draft.Custom custom -> onCpu(model, cpu);
      case Draft.Bundled bundled -> place(model, cpu);
      case Draft.Checkpoint checkpoint -> place(model, cpu);
    };
  }

  private Optional<Loaded> place(Model model, Device cpu) {
    if (place == DraftPlace.CPU) {
      return onCpu(model, cpu);
    }
    Optional<String> why = gpu.unavailable();
    if (why.isPresent()) {
      if (place == DraftPlace.GPU) {
        throw new IllegalStateException(
            "the draft cannot run on a GPU: %s; --draft auto goes on without".formatted(why.get()));
      }
      gpu.lost().ifPresent(lost -> warnings.accept("the draft runs on the CPU: " + lost));
      return onCpu(model, cpu);
    }
    try {
      return onGpu(model, gpu.open());
    } catch (DeviceFailure e) {
      if (place == DraftPlace.GPU) {
        throw new IllegalStateException("the draft cannot run on the GPU: " + e.getMessage(), e);
      }
      warnings.accept("the draft runs on the CPU: " + e.getMessage());
      return onCpu(model, cpu);
    }
  }

  private Optional<Loaded> onCpu(Model model, Device cpu) {
    return open(model, cpu).map(opened -> new Loaded(opened, Optional.empty(), warnings));
  }

  private Optional<Loaded> onGpu(Model model, Device device) {
    return open(model, device).map(opened -> new Loaded(opened, Optional.of(device), warnings));
  }

  private Optional<DraftModel> open(Model model, Device device) {
    DraftTarget target =
        new DraftTarget(
            model.config(),
            TargetWeights.embeddingTensor(model),
            TargetWeights.headTensor(model),
            device);
    return switch (draft) {
      case Draft.None none -> Optional.empty();
      case Draft.Custom custom -> Optional.of(custom.factory().apply(target));
      case Draft.Bundled bundled -> bundled(bundled, target);
      case Draft.Checkpoint checkpoint ->
          Optional.of(
              firstOf(provider -> provider.open(checkpoint.path(), target))
                  .orElseThrow(() ->
                      new ModelFormatException(
                          checkpoint.path(),
                          "is no draft that this engine knows: wanted a folder with config.json"
                              + " and model.safetensors or pytorch_model.bin, or one file")));
    };
  }

  private static Optional<DraftModel> bundled(Draft.Bundled choice, DraftTarget target) {
    Optional<DraftModel> found = firstOf(provider -> provider.bundled(target));
    if (choice.needed() && found.isEmpty()) {
      throw new IllegalArgumentException(
          "no draft comes with this model: choose lookup, which needs none, or name a draft's folder");
    }
    return found;
  }

  private static Optional<DraftModel> firstOf(Function<DraftProvider, Optional<DraftModel>> open) {
    for (DraftProvider provider : ServiceLoader.load(DraftProvider.class)) {
      Optional<DraftModel> found = open.apply(provider);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
