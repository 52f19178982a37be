package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeBatch;

/**
 * The full model on one sequence: runs passes over trees, keeps what is accepted. For one thread at
 * a time.
 */
public interface Target extends AutoCloseable {
  /** Of which nodes of a pass the logits are computed. */
  enum Logits {
    NONE,
    LAST,
    ALL
  }

  int vocabulary();

  /** d. */
  int featureSize();

  /** Most tokens of the sequence, pending ones included. */
  int capacity();

  /** Most tokens of one pass with {@link Logits#NONE} or {@link Logits#LAST}. */
  int maxPassTokens();

  /** Committed tokens. */
  int length();

  /** One pass over the batch, whose prefix is {@link #length}. */
  default void pass(TreeBatch batch, Logits wanted) {
    pass(batch, wanted, () -> {});
  }

  /**
   * The same, with something else to be begun while it runs.
   *
   * @param meanwhile is run once, on this thread, as soon as the pass needs no device but the one
   *     that it ends on; it may queue work elsewhere, and throws nothing
   * @throws dev.dovetail.engine.device.DeviceFailure if a device failed; then this target can only
   *     be closed
   */
  void pass(TreeBatch batch, Logits wanted, Runnable meanwhile);

  /**
   * {@code [wanted nodes][vocabulary]} of the last pass; valid until the next; not to be modified.
   */
  float[] logits();

  /** {@code [nodes][d]} of the last pass; valid until the next; not to be modified. */
  float[] features();

  /** Keeps a path of the last pass's nodes (ascending indices) and drops the others. */
  void commit(int[] nodes, int count);

  /** Keeps the first {@code length} tokens. */
  void truncate(int length);

  @Override
  void close();
}
