package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.selftest.Operation.Call;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** A tree whose nodes have up to two children each, over a prefix; keys and values in f32. */
final class AttentionOperations {
  private static final double TOLERANCE = 2e-5;
  private static final int PROMPT_PASS = 64;

  private final SelfTestSizes sizes;
  private final int n;
  private final int kvWidth;
  private final int qWidth;

  /**
   * @param n nodes of the tree
   */
  AttentionOperations(SelfTestSizes sizes, int n) {
    this.sizes = sizes;
    this.n = n;
    kvWidth = sizes.kvHeads() * sizes.headDim();
    qWidth = sizes.heads() * sizes.headDim();
  }

  Operation append() {
    return new Operation(
        "append to the KV cache",
        "%d x %d, twice".formatted(n, kvWidth),
        TOLERANCE,
        4L * n * kvWidth * Float.BYTES,
        0,
        (device, memory, random) -> {
          Pass pass = new Pass(device, memory, random);
          return new Call(calls -> pass.append(), pass::attend, pass.out, n);
        });
  }

  Operation attention() {
    TreeBatch tree = tree(sizes.positions());
    long keys = IntStream.range(0, n).mapToLong(node -> tree.position(node) + 1).sum();
    return new Operation(
        "attention",
        "%d nodes, %d heads of %d over %d, %d positions"
            .formatted(n, sizes.heads(), sizes.headDim(), sizes.kvHeads(), sizes.positions()),
        TOLERANCE,
        2L * Float.BYTES * ((long) (sizes.positions() + n) * kvWidth + (long) n * qWidth),
        2 * keys * qWidth,
        (device, memory, random) -> {
          Pass pass = new Pass(device, memory, random);
          pass.append();
          return Call.of(pass.out, n, pass::attend);
        });
  }

  private TreeBatch tree(int prefix) {
    TreeBatch tree = new TreeBatch(n);
    tree.reset(prefix);
    for (int i = 0; i < n; i++) {
      tree.add(0, i == 0 ? TreeBatch.PREFIX : (i - 1) / 2);
    }
    return tree;
  }

  /** The tree's pass over a cache that holds the prefix. */
  private final class Pass {
    private final Device device;
    private final KvCache cache;
    private final TreeBatch tree = tree(sizes.positions());
    private final Rows q;
    private final Rows k;
    private final Rows v;
    final Rows out;

    Pass(Device device, Allocation memory, RandomGenerator random) {
      this.device = device;
      cache = memory.kvCache(1, sizes.kvHeads(), sizes.headDim(), sizes.positions() + n);
      fill(random);
      q = RowOperations.rows(device, memory, n, qWidth, random);
      k = RowOperations.rows(device, memory, n, kvWidth, random);
      v = RowOperations.rows(device, memory, n, kvWidth, random);
      out = memory.rows(n, qWidth);
    }

    private void fill(RandomGenerator random) {
      TreeBatch chain = new TreeBatch(PROMPT_PASS);
      int[] nodes = IntStream.range(0, PROMPT_PASS).toArray();
      try (Allocation memory = new Allocation(device)) {
        while (cache.length() < sizes.positions()) {
          int count = Math.min(PROMPT_PASS, sizes.positions() - cache.length());
          chain.reset(cache.length());
          for (int i = 0; i < count; i++) {
            chain.add(0, i - 1);
          }
          Rows keys = RowOperations.rows(device, memory, count, kvWidth, random);
          Rows values = RowOperations.rows(device, memory, count, kvWidth, random);
          device.append(cache, 0, chain, keys, values);
          cache.commit(nodes, count);
        }
      }
    }

    void append() {
      device.append(cache, 0, tree, k, v);
    }

    void attend() {
      float scale = (float) (1 / Math.sqrt(sizes.headDim()));
      device.attention(cache, 0, tree, q, scale, out);
    }
  }
}
