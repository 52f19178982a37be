package dev.dovetail.engine.plan;

/**
 * What one way of decoding yields. Drafting, the layers on the GPU, and the rest on the CPU take
 * turns.
 *
 * @param gpuLayers of the target
 * @param tau tokens per pass
 * @param draftMs drafting, in a round
 * @param gpuMs the target's layers on the GPU, in a pass
 * @param cpuMs the rest of the pass
 */
public record Prediction(
    Kind kind, int gpuLayers, double tau, double draftMs, double gpuMs, double cpuMs) {
  /** Ways of decoding. */
  public enum Kind {
    /** Everything on the CPU, without a draft. */
    PLAIN,
    /** The draft where the plan puts it, the whole target on the CPU. */
    DRAFT,
    /** The draft and the target's layers as planned. */
    DRAFT_AND_LAYERS,
    /** Without a draft, the target's layers as planned. */
    LAYERS
  }

  public double tokPerS() {
    return 1000 * tau / (draftMs + gpuMs + cpuMs);
  }
}
