package dev.dovetail.engine.plan;

import dev.dovetail.engine.device.KvType;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Decides what goes where. The draft goes to the GPU first, as that gains most; then the target's
 * layers, the first ones first. The target's head stays on the CPU, where tokens are chosen.
 *
 * @param context positions of keys and values, on both sides
 */
public record Budget(ModelShape target, Optional<DraftShape> draft, int context, KvType kv) {
  /**
   * What the driver keeps of a card for one process: its context and the kernels' code. An
   * assumption on the safe side; cards and drivers take 100 to 300 MiB.
   */
  public static final long CUDA_CONTEXT = 300L << 20;

  /** Tokens of a prompt that are computed at a time. */
  public static final int PROMPT_TOKENS = 128;

  /** Rows of draft logits at a time: the nodes of a level. */
  private static final int LEVEL_TOKENS = 16;

  /** Vectors of hidden width that a layer and the fusion keep for each token. */
  private static final int HIDDEN_VECTORS = 6;

  /**
   * What was decided.
   *
   * @param next the next larger placement, which does not fit; empty where everything that may be
   *     on a GPU is there
   */
  public record Plan(long budget, Placement placement, Optional<Placement> next) {}

  /** The largest placement that takes at most {@code bytes} of a GPU; 0 for no GPU. */
  public Plan largest(long bytes) {
    boolean draftOnGpu = draft.isPresent() && place(true, 0).gpuBytes() <= bytes;
    Plan plan = largest(bytes, draftOnGpu);
    return draft.isPresent() && !draftOnGpu
        ? new Plan(bytes, plan.placement(), Optional.of(place(true, 0)))
        : plan;
  }

  /** The most layers that fit, where the draft's place is decided. */
  public Plan largest(long bytes, boolean draftOnGpu) {
    int layers = 0;
    while (layers < target.layers() && place(draftOnGpu, layers + 1).gpuBytes() <= bytes) {
      layers++;
    }
    Optional<Placement> next =
        layers < target.layers() ? Optional.of(place(draftOnGpu, layers + 1)) : Optional.empty();
    return new Plan(bytes, place(draftOnGpu, layers), next);
  }

  /** What lies where for a given decision. */
  public Placement place(boolean draftOnGpu, int gpuLayers) {
    Map<Part, Long> gpu = new EnumMap<>(Part.class);
    Map<Part, Long> cpu = new EnumMap<>(Part.class);
    if (draftOnGpu || gpuLayers > 0) {
      gpu.put(Part.CUDA_CONTEXT, CUDA_CONTEXT);
      gpu.put(Part.ACTIVATIONS, activations(draftOnGpu, gpuLayers));
    }
    draft.ifPresent(shape -> draft(shape, draftOnGpu, draftOnGpu ? gpu : cpu));
    gpu.put(Part.TARGET_LAYERS, target.gpuLayerBytes(gpuLayers));
    gpu.put(Part.TARGET_KV, target.kvBytes(gpuLayers, context, kv));
    int rest = target.layers() - gpuLayers;
    cpu.put(Part.TARGET_LAYERS, target.cpuLayerBytes(gpuLayers));
    cpu.put(Part.TARGET_KV, target.kvBytes(rest, context, kv));
    cpu.put(Part.TARGET_HEAD, target.normBytes() + (target.tiedHead() ? 0 : target.headBytes()));
    cpu.put(Part.TARGET_EMBEDDING, target.embeddingBytes());
    return new Placement(draftOnGpu, gpuLayers, gpu, cpu);
  }

  private void draft(DraftShape shape, boolean onGpu, Map<Part, Long> side) {
    side.put(Part.DRAFT_LAYERS, shape.layerBytes());
    side.put(Part.DRAFT_FUSION, shape.fusionBytes());
    side.put(Part.DRAFT_KV, shape.kvBytes(context, kv));
    boolean sharesTable = shape.headIsEmbedding();
    if (onGpu) {
      side.put(Part.DRAFT_HEAD, sharesTable ? 0 : shape.headBytes());
      side.put(Part.DRAFT_EMBEDDING, shape.embeddingBytes());
    } else {
      // The target's embedding is there already, and so is its whole head.
      side.put(Part.DRAFT_HEAD, shape.headRows() == target.vocabulary() ? 0 : shape.headBytes());
    }
  }

  /** Buffers in f32, which the draft and the target's layers share. */
  private long activations(boolean draftOnGpu, int gpuLayers) {
    long ofDraft = 0;
    if (draftOnGpu) {
      DraftShape shape = draft.orElseThrow();
      ofDraft =
          PROMPT_TOKENS
                  * perToken(
                      shape.hidden(), shape.queryWidth(), shape.kvWidth(), shape.feedForward())
              + (long) LEVEL_TOKENS * shape.headRows() * Float.BYTES;
    }
    long ofLayers =
        gpuLayers == 0
            ? 0
            : PROMPT_TOKENS
                * perToken(
                    target.hidden(),
                    target.heads() * target.headDim(),
                    target.kvHeads() * target.headDim(),
                    target.feedForward());
    return Math.max(ofDraft, ofLayers);
  }

  private static long perToken(int hidden, int queryWidth, int kvWidth, int feedForward) {
    return Float.BYTES
        * ((long) HIDDEN_VECTORS * hidden + 2L * queryWidth + 2L * kvWidth + 2L * feedForward);
  }
}
