package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.stream.IntStream;

/** The KV cache of one layer, filled with a committed prefix, and the pending nodes behind it. */
final class CachedLayer implements AutoCloseable {
  private static final int PASS = 128;

  private final Device device;
  private final int width;
  final KvCache cache;

  /** The pending nodes' pass. */
  final TreeBatch batch;

  /**
   * An empty cache for a prefix and n nodes.
   *
   * @param tree whether node i hangs from node (i - 1) / 2, or from the one before
   */
  CachedLayer(Device device, Model model, int prefix, int n, boolean tree) {
    this.device = device;
    width = model.kvWidth();
    cache = device.kvCache(1, model.kvHeads, model.headDim, prefix + n);
    batch = new TreeBatch(n);
    batch.reset(prefix);
    for (int i = 0; i < n; i++) {
      int before = tree ? (i - 1) / 2 : i - 1;
      batch.add(0, i == 0 ? TreeBatch.PREFIX : before);
    }
  }

  /**
   * Commits the whole prefix.
   *
   * @param keys of each token, {@code [tokens][kvWidth]}; more may follow
   */
  void commit(float[] keys, float[] values) {
    TreeBatch chain = new TreeBatch(PASS);
    for (int from = 0; from < batch.prefix(); from += PASS) {
      int count = Math.min(PASS, batch.prefix() - from);
      chain.reset(from);
      for (int i = 0; i < count; i++) {
        chain.add(0, i - 1);
      }
      append(chain, keys, values, from);
      cache.commit(IntStream.range(0, count).toArray(), count);
    }
  }

  /** Stores the pending nodes, which stand behind the prefix. */
  void appendPending(float[] keys, float[] values) {
    append(batch, keys, values, batch.prefix());
  }

  private void append(TreeBatch nodes, float[] keys, float[] values, int from) {
    Rows k = Rows.allocate(device, nodes.size(), width);
    Rows v = Rows.allocate(device, nodes.size(), width);
    device.write(keys, from * width, nodes.size(), k);
    device.write(values, from * width, nodes.size(), v);
    device.append(cache, 0, nodes, k, v);
    k.buffer().close();
    v.buffer().close();
  }

  @Override
  public void close() {
    cache.close();
  }
}
