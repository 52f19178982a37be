package dev.dovetail.engine.device;

/**
 * A table of token embeddings {@code [tokens][width]} from which rows are read one by one.
 * Immutable.
 */
public interface EmbeddingTable extends AutoCloseable {
  int tokens();

  int width();

  @Override
  void close();
}
