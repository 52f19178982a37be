package dev.dovetail.dgf;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;

/**
 * Dynamic Gating Fusion (Dovetail, arXiv 2412.18934): one vector from the feature H of a token and
 * the embedding E of the next one, the gate deciding for each of its values how much comes from
 * which.
 *
 * <pre>
 * h1 = H W_1
 * h2 = silu(rmsnorm(E) W_2)
 * z  = sigmoid([h1 ; h2] W_z)
 * x  = z * h1 + (1 - z) * h2
 * </pre>
 *
 * <p>Owns room for one pass. For one thread, under the device's lock.
 */
final class Fusion implements AutoCloseable {
  private final DgfWeights weights;
  private final Rows feature;
  private final Rows embedding;
  private final Rows h;
  private final Rows h1;
  private final Rows h2;
  private final Rows z;

  Fusion(DgfWeights weights, int maxTokens) {
    this.weights = weights;
    int d = weights.hidden();
    try (Allocation memory = new Allocation(weights.device())) {
      feature = memory.rows(maxTokens, d);
      embedding = memory.rows(maxTokens, d);
      h = memory.rows(maxTokens, 2 * d);
      h1 = h.columns(0, d);
      h2 = h.columns(d, d);
      z = memory.rows(maxTokens, d);
      memory.complete(this);
    }
  }

  /** {@code [maxTokens][d]}: the features to fuse, written by the caller. */
  Rows feature() {
    return feature;
  }

  /** Fuses the features with the embeddings of the tokens of a batch's pass into {@code x}. */
  void fuse(TreeBatch batch, Rows x) {
    Device device = weights.device();
    int n = batch.size();
    device.embed(weights.embedding(), batch, embedding);
    device.rmsNorm(embedding, weights.embeddingNorm(), weights.normEpsilon(), n, embedding);
    device.matmul(weights.w1(), feature, n, h1);
    device.matmul(weights.w2(), embedding, n, h2);
    device.silu(n, h2);
    device.matmul(weights.wz(), h, n, z);
    device.gate(z, h1, h2, n, x);
  }

  @Override
  public void close() {
    for (Rows rows : new Rows[] {feature, embedding, h, z}) {
      rows.buffer().close();
    }
  }
}
