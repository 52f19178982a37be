package dev.dovetail.engine.device;

import dev.dovetail.engine.sampling.Sampler;

/**
 * A tree of guessed tokens that grows level by level where a draft's logits lie. Of all children of
 * the last level, the likeliest by the product of probabilities along their paths stay. A device
 * with memory of its own grows it there, and the host learns of it by {@link #read} alone.
 *
 * <p>Used again for tree after tree, under the device's lock.
 */
public interface DraftTree extends AutoCloseable {
  /**
   * Begins a tree: the nodes of the given chain are there at once.
   *
   * @param prefix committed tokens of the KV cache behind which its nodes are appended
   * @throws IllegalArgumentException if it wants more nodes than there is room for, or a level more
   *     than 64 of them
   */
  void begin(TreeGrowth growth, int prefix);

  /**
   * Grows the next level behind the given ones. Candidates are ranked as {@link Sampler#rank} does,
   * each row behind the path to its node.
   *
   * <p>The CPU gives what that method gives, to the bit. A GPU draws the same noise, computes in
   * f32, and rounds otherwise: candidates whose scores differ by less than 1e-4 of the larger of 1
   * and (largest logit - logit) / temperature may change places, and log-probabilities are within
   * 1e-3 of the CPU's for as long as they are above -1000.
   *
   * @param logits {@code [nodes][entries]} of the level before, in its order; for the first level
   *     of all, one row; not modified. A row with a NaN or +infinity has no children
   */
  void grow(Rows logits);

  /**
   * Adds the next level, given or grown, to a batch as its next pass. Of a tree that grows in a
   * device's memory the batch gets places and depths alone.
   *
   * @param batch all of whose nodes are this tree's
   * @return whether to go on: there was something to add, and it is above the growth's floor;
   *     unknown, and so true, in a device's memory
   */
  boolean addLevel(TreeBatch batch);

  /** Waits for the tree. */
  DraftNodes read();

  @Override
  void close();
}
