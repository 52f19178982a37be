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

  /** Most nodes of a tree, and so rows of draft logits at a time. */
  private static final int TREE_NODES = 64;

  /** Most nodes of a tree that is drafted ahead: behind the outcome that it assumes. */
  private static final int NODES_AHEAD = 2 * TREE_NODES + 1;

  /** Vectors of hidden width that the fusion keeps for each token. */
  private static final int FUSION_VECTORS = 5;

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
    if (onGpu) {
      side.put(Part.DRAFT_HEAD, shape.headBytes());
      side.put(Part.DRAFT_EMBEDDING, shape.embeddingBytes());
    } else {
      // The target's embedding is there already, and so is its whole head.
      side.put(Part.DRAFT_HEAD, shape.headRows() == target.vocabulary() ? 0 : shape.headBytes());
    }
  }

  /**
   * Buffers in f32 of one session, but for the scratch space in which a level's candidates are
   * ranked, some hundred KB.
   */
  private long activations(boolean draftOnGpu, int gpuLayers) {
    long floats = 0;
    if (draftOnGpu) {
      DraftShape shape = draft.orElseThrow();
      floats +=
          NODES_AHEAD
              * perToken(
                  shape.headDim(),
                  shape.hidden(),
                  shape.queryWidth(),
                  shape.kvWidth(),
                  shape.feedForward());
      floats += (long) PROMPT_TOKENS * FUSION_VECTORS * shape.hidden();
      floats += (NODES_AHEAD + 1L) * shape.hidden() + (long) TREE_NODES * shape.headRows();
    }
    if (gpuLayers > 0) {
      floats +=
          PROMPT_TOKENS
              * perToken(
                  target.headDim(),
                  target.hidden(),
                  target.heads() * target.headDim(),
                  target.kvHeads() * target.headDim(),
                  target.feedForward());
    }
    return Float.BYTES * floats;
  }

  /** Numbers that the layers keep for a token of a pass, those of one layer after the other. */
  private static long perToken(
      int headDim, int hidden, int queryWidth, int kvWidth, int feedForward) {
    return headDim + 2L * hidden + 2L * queryWidth + 2L * kvWidth + 3L * feedForward;
  }
}
