package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Matrix;
import java.util.Optional;

/**
 * The weights of one decoder layer on a device. What an architecture lacks is empty. Closing frees
 * them.
 *
 * @param attentionNorm {@code [hidden]}; empty in the first layer of a DGF draft
 * @param qkv q, k and v behind each other, {@code [(heads + 2 kvHeads) * headDim][hidden]}
 * @param qkvBias as many (qwen2)
 * @param qNorm {@code [headDim]} (qwen3)
 * @param kNorm {@code [headDim]} (qwen3)
 * @param attentionOut {@code [hidden][heads * headDim]}
 * @param feedForwardNorm {@code [hidden]}
 * @param gateUp gate and up behind each other, {@code [2 * feedForward][hidden]}
 * @param down {@code [hidden][feedForward]}
 */
public record LayerWeights(
    Optional<Buffer> attentionNorm,
    Matrix qkv,
    Optional<Buffer> qkvBias,
    Optional<Buffer> qNorm,
    Optional<Buffer> kNorm,
    Matrix attentionOut,
    Buffer feedForwardNorm,
    Matrix gateUp,
    Matrix down)
    implements AutoCloseable {

  @Override
  public void close() {
    attentionNorm.ifPresent(Buffer::close);
    qkv.close();
    qkvBias.ifPresent(Buffer::close);
    qNorm.ifPresent(Buffer::close);
    kNorm.ifPresent(Buffer::close);
    attentionOut.close();
    feedForwardNorm.close();
    gateUp.close();
    down.close();
  }
}
