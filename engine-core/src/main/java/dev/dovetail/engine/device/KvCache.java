package dev.dovetail.engine.device;

/**
 * Keys and values of one sequence in all layers: a committed prefix, and behind it the pending
 * nodes of a {@link TreeBatch}, of which {@link #commit} keeps a path and drops the rest. For one
 * thread at a time.
 */
public interface KvCache extends AutoCloseable {
  /** The most tokens, committed and pending together. */
  int capacity();

  /** Committed tokens. */
  int length();

  /**
   * Takes the memory that {@code nodes} pending nodes need, so that appending them takes none.
   *
   * @throws IllegalStateException if they do not fit the capacity
   */
  void reserve(int nodes);

  /**
   * Keeps pending nodes as the next tokens of the prefix and drops all the others.
   *
   * @param nodes pending indices, ascending, a path from a root of the batch; not modified
   * @param count how many of them
   */
  void commit(int[] nodes, int count);

  /**
   * Keeps the first {@code length} committed tokens and nothing else; later decoding equals a fresh
   * one.
   */
  void truncate(int length);

  /** Memory in use now. */
  long bytes();

  @Override
  void close();
}
