package dev.dovetail.engine.plan;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.plan.Prediction.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Predicts speeds from a machine's rates: a round costs D + T(n) and yields tau.
 *
 * @param guess empty without a draft
 */
public record Predictor(
    ModelShape target, Optional<DraftShape> draft, Cpu cpu, Gpu gpu, Optional<Guess> guess) {
  public Predictor {
    if (draft.isPresent() != guess.isPresent()) {
      throw new IllegalArgumentException("a draft and what it guesses belong together");
    }
  }

  /** Plain decoding, and then what a placement allows: with the draft, and with layers too. */
  public List<Prediction> all(Placement placement) {
    List<Prediction> all = new ArrayList<>();
    all.add(plain());
    if (draft.isPresent()) {
      all.add(drafted(placement.draftOnGpu(), 0));
    }
    if (placement.gpuLayers() > 0) {
      all.add(
          draft.isPresent()
              ? drafted(placement.draftOnGpu(), placement.gpuLayers())
              : layersOnly(placement.gpuLayers()));
    }
    return all;
  }

  /** Everything on the CPU. */
  public Prediction plain() {
    return new Prediction(Kind.PLAIN, 0, 1, 0, 0, cpu.passMs(target.cpuWork(0), 1));
  }

  /** Without a draft, some layers on the GPU. */
  public Prediction layersOnly(int gpuLayers) {
    return new Prediction(
        Kind.LAYERS,
        gpuLayers,
        1,
        0,
        layersMs(gpuLayers),
        cpu.passMs(target.cpuWork(gpuLayers), 1));
  }

  /**
   * With the draft.
   *
   * @throws java.util.NoSuchElementException if there is none
   */
  public Prediction drafted(boolean onGpu, int gpuLayers) {
    Guess round = guess.orElseThrow();
    return new Prediction(
        gpuLayers == 0 ? Kind.DRAFT : Kind.DRAFT_AND_LAYERS,
        gpuLayers,
        round.tau(),
        onGpu ? gpuDraftMs(round) : cpuDraftMs(round),
        layersMs(gpuLayers),
        cpu.passMs(target.cpuWork(gpuLayers), round.nodes()));
  }

  private double gpuDraftMs(Guess round) {
    DraftShape shape = draft.orElseThrow();
    int launches = shape.layers() * Gpu.LAYER_LAUNCHES + Gpu.LEVEL_LAUNCHES;
    return round.levels() * gpu.passMs(shape.stepWork().bytesPerPass(), launches);
  }

  private double cpuDraftMs(Guess round) {
    PassWork step = draft.orElseThrow().stepWork();
    return round.cpuDraftMs().orElseGet(() -> round.levels() * cpu.passMs(step, round.width()));
  }

  private double layersMs(int gpuLayers) {
    return gpu.passMs(target.gpuLayerBytes(gpuLayers), gpuLayers * Gpu.LAYER_LAUNCHES);
  }
}
