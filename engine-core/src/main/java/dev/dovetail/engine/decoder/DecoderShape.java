package dev.dovetail.engine.decoder;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.RopeConfig;

/**
 * The sizes that the layers of one decoder share.
 *
 * @param hidden d, the width of what flows from layer to layer
 * @param headDim width of a head
 * @param feedForward width of the gated MLP
 */
public record DecoderShape(
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int headDim,
    int feedForward,
    float normEpsilon,
    RopeConfig rope) {

  /** The shape of a target. */
  public static DecoderShape of(ModelConfig config) {
    return new DecoderShape(
        config.layers(),
        config.hidden(),
        config.heads(),
        config.kvHeads(),
        config.headDim(),
        config.feedForward(),
        config.normEpsilon(),
        config.rope());
  }

  /** The same layers, more or fewer of them. */
  DecoderShape withLayers(int count) {
    return new DecoderShape(count, hidden, heads, kvHeads, headDim, feedForward, normEpsilon, rope);
  }

  /** Width of all query heads. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** Width of all key heads, or of all value heads. */
  public int kvWidth() {
    return kvHeads * headDim;
  }
}
