package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.EmbeddingTable;

/** A table that lies on the GPU whole. */
record GpuEmbeddingTable(GpuWeights weights) implements EmbeddingTable {
  @Override
  public int tokens() {
    return weights.rows();
  }

  @Override
  public int width() {
    return weights.cols();
  }

  @Override
  public void close() {
    weights.close();
  }
}
