package dev.dovetail.cpu;

import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.weights.RowReader;
import dev.dovetail.models.Tensor;

/**
 * Embeddings read row by row from the mapped file, in whatever type it stores them. For one thread
 * at a time.
 */
final class CpuEmbeddingTable implements EmbeddingTable {
  private final Tensor tensor;
  private final RowReader rows;

  CpuEmbeddingTable(Tensor tensor) {
    if (tensor.shape().size() != 2) {
      throw new IllegalArgumentException(
          "tensor '%s' has shape %s; a table of embeddings is [tokens][width]"
              .formatted(tensor.name(), tensor.shape()));
    }
    this.tensor = tensor;
    this.rows = new RowReader(tensor);
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
    rows.read(token, out, offset);
  }

  @Override
  public void close() {}
}
