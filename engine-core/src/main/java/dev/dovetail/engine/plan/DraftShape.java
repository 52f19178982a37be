package dev.dovetail.engine.plan;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.device.KvType;

/**
 * A DGF draft as a plan needs it.
 *
 * @param name for people
 * @param hidden width of a feature
 * @param headDim width of a head
 * @param queryWidth of all query heads
 * @param kvWidth of all key heads, and of all value heads
 * @param feedForward width of the gated MLP
 * @param headRows tokens that it can guess
 * @param layerBytes of all its layers
 * @param fusionBytes of Dynamic Gating Fusion
 * @param headBytes of those rows of the target's head
 * @param embeddingBytes of the target's embedding
 */
public record DraftShape(
    String name,
    int layers,
    int hidden,
    int headDim,
    int queryWidth,
    int kvWidth,
    int feedForward,
    int headRows,
    long layerBytes,
    long fusionBytes,
    long headBytes,
    long embeddingBytes) {

  /** What drafting one level has to do; of the embedding it reads only some rows. */
  public PassWork stepWork() {
    long headMacs = (long) headRows * hidden;
    long layerMacs = (long) hidden * (2L * queryWidth + 2L * kvWidth + 3L * feedForward);
    long fusionMacs = 4L * hidden * hidden;
    return new PassWork(
        layerBytes + fusionBytes + headBytes, layers * layerMacs + fusionMacs + headMacs, headMacs);
  }

  /** Keys and values of {@code context} positions. */
  long kvBytes(int context, KvType kv) {
    return 2L * kv.bytes() * kvWidth * context * layers;
  }
}
