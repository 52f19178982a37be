package dev.dovetail.cpu;

import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;

/** Embeddings read row by row from the mapped file, in whatever type it stores them. */
record CpuEmbeddingTable(Tensor tensor) implements EmbeddingTable {
  CpuEmbeddingTable {
    if (tensor.shape().size() != 2) {
      throw new IllegalArgumentException(
          "tensor '%s' has shape %s; a table of embeddings is [tokens][width]"
              .formatted(tensor.name(), tensor.shape()));
    }
  }

  @Override
  public int tokens() {
    return tensor.rows();
  }

  @Override
  public int width() {
    return tensor.cols();
  }

  /** Writes the embedding of a token. */
  void read(int token, float[] out, int offset) {
    Dequantize.row(tensor, token, out, offset);
  }

  @Override
  public void close() {}
}
