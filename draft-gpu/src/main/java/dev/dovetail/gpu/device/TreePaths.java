package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.gpu.kernel.AttentionKernel.Paths;
import java.util.Arrays;

/**
 * The ancestors of a pass's nodes in the GPU's memory, sent again only when they have changed: the
 * layers of a pass share them. For one thread at a time.
 */
final class TreePaths implements AutoCloseable {
  private final DeviceMemory memory;
  private final Staging staging;
  private DeviceMemory.Block block;
  private int[] sent = new int[0];
  private int sentCount;
  private int[] next = new int[0];
  private int[] path = new int[0];

  TreePaths(DeviceMemory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
  }

  /** The paths of the batch's pass. */
  Paths of(TreeBatch batch) {
    int n = batch.size();
    int count = write(batch);
    if (count != sentCount || !Arrays.equals(next, 0, count, sent, 0, count)) {
      if (block == null || block.bytes() < (long) next.length * Integer.BYTES) {
        close();
        block = memory.allocate((long) next.length * Integer.BYTES);
      }
      staging.send(next, count, block.address());
      int[] before = sent;
      sent = next;
      sentCount = count;
      next = before;
    }
    long starts = block.address();
    long lengths = starts + (long) n * Integer.BYTES;
    return new Paths(lengths + (long) n * Integer.BYTES, starts, lengths);
  }

  /** Starts, lengths, paths; those of a chain's nodes are parts of one. */
  private int write(TreeBatch batch) {
    int n = batch.size();
    int most = 0;
    for (int i = 0; i < n; i++) {
      most += batch.depth(batch.first() + i) + 1;
    }
    boolean chain = batch.isChain();
    int count = 2 * n + (chain ? batch.end() : most);
    if (next.length < count) {
      next = new int[Math.max(count, 2 * next.length)];
    }
    if (path.length < batch.capacity()) {
      path = new int[batch.capacity()];
    }
    int at = 2 * n;
    for (int i = 0; i < n; i++) {
      int node = batch.first() + i;
      next[i] = chain ? 0 : at - 2 * n;
      next[n + i] = batch.depth(node) + 1;
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
    return block == null ? 0 : block.bytes();
  }

  @Override
  public void close() {
    if (block != null) {
      block.close();
      block = null;
      sentCount = 0;
    }
  }
}
