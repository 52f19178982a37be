package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.gpu.kernel.TreeNodes;
import java.util.Arrays;

/**
 * The nodes of a pass in the GPU's memory, sent again only when they have changed: the operations
 * of a pass share them. For one thread at a time.
 */
final class BatchNodes implements AutoCloseable {
  private final GrowingMemory memory;
  private final Staging staging;
  private int[] sent = new int[0];
  private int sentCount;
  private int[] next = new int[0];
  private int[] path = new int[0];

  BatchNodes(DeviceMemory memory, Staging staging) {
    this.memory = new GrowingMemory(memory);
    this.staging = staging;
  }

  /** The nodes of the batch's pass. */
  TreeNodes of(TreeBatch batch) {
    // Also of nodes that are there: a recorded kernel would find those of a later pass.
    staging.requireCrossing();
    int n = batch.size();
    int count = write(batch);
    if (count != sentCount || !Arrays.equals(next, 0, count, sent, 0, count)) {
      sentCount = 0;
      staging.send(next, count, memory.reserve((long) next.length * Integer.BYTES));
      int[] before = sent;
      sent = next;
      sentCount = count;
      next = before;
    }
    long prefix = memory.reserve(0);
    long tokens = prefix + Integer.BYTES;
    long plane = (long) n * Integer.BYTES;
    return new TreeNodes(
        prefix, tokens, tokens + plane, tokens + 4 * plane, tokens + 2 * plane, tokens + 3 * plane);
  }

  /** The prefix, tokens, parents, starts, lengths, paths; those of a chain are parts of one. */
  private int write(TreeBatch batch) {
    int n = batch.size();
    int most = 0;
    for (int i = 0; i < n; i++) {
      most += batch.depth(batch.first() + i) + 1;
    }
    boolean chain = batch.isChain();
    int paths = 1 + 4 * n;
    int count = paths + (chain ? batch.end() : most);
    if (next.length < count) {
      next = new int[Math.max(count, 2 * next.length)];
    }
    if (path.length < batch.capacity()) {
      path = new int[batch.capacity()];
    }
    next[0] = batch.prefix();
    int at = paths;
    for (int i = 0; i < n; i++) {
      int node = batch.first() + i;
      next[1 + i] = batch.token(node);
      next[1 + n + i] = batch.parent(node);
      next[1 + 2 * n + i] = chain ? 0 : at - paths;
      next[1 + 3 * n + i] = batch.depth(node) + 1;
      if (!chain || i == n - 1) {
        int length = batch.path(node, path);
        System.arraycopy(path, 0, next, at, length);
        at += length;
      }
    }
    return count;
  }

  /** Of the GPU's memory. */
  long bytes() {
    return memory.bytes();
  }

  @Override
  public void close() {
    sentCount = 0;
    memory.close();
  }
}
