package dev.dovetail.engine.selftest;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.RopeConfig;
import dev.dovetail.models.TensorType;
import java.util.Optional;

/**
 * How large a draft of random weights is.
 *
 * @param hidden d; with the other widths a multiple of the type's block
 * @param heads of queries; divides {@code hidden} into even heads
 * @param kvHeads of keys and values, of which {@code heads} is a multiple
 * @param feedForward width of the gated MLP
 * @param vocabulary tokens that it can guess
 * @param type of all its matrices
 */
public record DraftSize(
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int feedForward,
    int vocabulary,
    TensorType type) {
  private static final float ROPE_BASE = 10_000;
  private static final float NORM_EPSILON = 1e-5f;

  /** Of its matrices on a device, with those of the target that it needs there. */
  public long bytes() {
    long kvWidth = (long) hidden / heads * kvHeads;
    long layer = hidden * (2L * hidden + 2 * kvWidth + 3L * feedForward);
    long fusion = 4L * hidden * hidden;
    long headAndEmbedding = 2L * vocabulary * hidden;
    return type.bytes(layers * layer + fusion + headAndEmbedding);
  }

  /** Numbers of the largest matrix, and not less than of any other. */
  long largestMatrix() {
    return (long) hidden * Math.max(vocabulary, Math.max(2 * hidden, feedForward));
  }

  /** A model of layers like the draft's, with the head that the draft takes. */
  ModelConfig config() {
    int headDim = hidden / heads;
    RopeConfig rope =
        new RopeConfig(
            headDim, ROPE_BASE, false, new RopeConfig.Scaling.None(), 1, Optional.empty());
    return new ModelConfig(
        "llama",
        "random weights",
        layers,
        hidden,
        heads,
        kvHeads,
        headDim,
        feedForward,
        vocabulary,
        vocabulary,
        NORM_EPSILON,
        rope,
        false,
        false,
        true);
  }

  /** In words, such as {@code 1 layer, 1536 wide, 32768 tokens, Q4_K}. */
  @Override
  public String toString() {
    return "%d %s, %d wide, %d tokens, %s"
        .formatted(layers, layers == 1 ? "layer" : "layers", hidden, vocabulary, type);
  }
}
