package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.TreeBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequences that share one pass: of each its cache and its tokens. Their rows stand behind each
 * other, in the order in which they were added. Owns nothing.
 *
 * <p>Reused between passes, so that a step allocates nothing. For one thread.
 */
public final class Lanes {
  private final List<KvCache> caches = new ArrayList<>();
  private final List<TreeBatch> batches = new ArrayList<>();
  private int rows;

  /** Begins another pass, with no sequence so far. */
  public void clear() {
    caches.clear();
    batches.clear();
    rows = 0;
  }

  /**
   * Adds a sequence.
   *
   * @param cache of which the batch's prefix is the length
   * @param batch stays as it is until the pass is done
   */
  public void add(KvCache cache, TreeBatch batch) {
    caches.add(cache);
    batches.add(batch);
    rows += batch.size();
  }

  /** How many sequences there are. */
  public int count() {
    return batches.size();
  }

  /** How many rows they have together. */
  public int rows() {
    return rows;
  }

  KvCache cache(int lane) {
    return caches.get(lane);
  }

  /** The tokens of a sequence. */
  public TreeBatch batch(int lane) {
    return batches.get(lane);
  }
}
