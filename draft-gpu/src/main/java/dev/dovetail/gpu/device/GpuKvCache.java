package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.gpu.kernel.KvCommitKernel;
import dev.dovetail.gpu.kernel.KvPages;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values in pages of {@link KvPages#PAGE} positions, each with those of all layers, taken
 * as the sequence grows and kept until {@link #close}. Pending node i occupies slot length + i.
 */
final class GpuKvCache implements KvCache {
  private final CudaDevice device;
  private final KvCommitKernel commit;
  private final int layers;
  private final int headDim;
  private final int capacity;
  private final long pageBytes;
  private final DeviceMemory.Block table;
  private final KvPages kv;
  private final List<DeviceMemory.Block> pages = new ArrayList<>();
  private int length;
  private int pending;

  GpuKvCache(
      CudaDevice device,
      KvCommitKernel commit,
      int layers,
      int kvHeads,
      int headDim,
      int capacity,
      KvType type) {
    this.device = device;
    this.commit = commit;
    this.layers = layers;
    this.headDim = headDim;
    this.capacity = capacity;
    pageBytes = 2L * layers * KvPages.PAGE * kvHeads * headDim * type.bytes();
    table = device.memory().allocate((long) ((capacity - 1) / KvPages.PAGE + 1) * Long.BYTES);
    kv = new KvPages(table.address(), kvHeads * headDim, type == KvType.F16 ? "f16" : "f32");
  }

  /** The cache as kernels see it. */
  KvPages kv() {
    return kv;
  }

  int headDim() {
    return headDim;
  }

  @Override
  public void reserve(int nodes) {
    if (length + nodes > capacity) {
      throw new IllegalStateException(
          "%d tokens and %d pending nodes do not fit a cache of %d"
              .formatted(length, nodes, capacity));
    }
    pending = nodes;
    while ((long) pages.size() * KvPages.PAGE < length + nodes) {
      pages.add(device.memory().allocate(pageBytes));
      long address = pages.getLast().address();
      device
          .staging()
          .send(
              new int[] {(int) address, (int) (address >>> 32)},
              2,
              table.address() + (long) (pages.size() - 1) * Long.BYTES);
    }
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void commit(int[] nodes, int count) {
    int first = 0;
    while (first < count && nodes[first] == first) {
      first++;
    }
    for (int i = 0; i < count; i++) {
      if (nodes[i] < 0 || nodes[i] >= pending || i > 0 && nodes[i] <= nodes[i - 1]) {
        throw new IllegalArgumentException(
            "node %d cannot be kept as the %dth of %d pending ones"
                .formatted(nodes[i], i, pending));
      }
    }
    if (first < count) {
      int[] slots = new int[count - first];
      for (int i = first; i < count; i++) {
        slots[i - first] = length + nodes[i];
      }
      // A target commits outside of its pass.
      device.lock().lock();
      try {
        commit.launch(kv, layers, device.send(slots, slots.length), length + first, slots.length);
      } finally {
        device.lock().unlock();
      }
    }
    length += count;
    pending = 0;
  }

  @Override
  public void truncate(int length) {
    if (length < 0 || length > this.length) {
      throw new IllegalArgumentException(
          "cannot keep %d of %d tokens".formatted(length, this.length));
    }
    this.length = length;
    pending = 0;
  }

  @Override
  public long bytes() {
    return pages.size() * pageBytes;
  }

  @Override
  public void close() {
    pages.forEach(DeviceMemory.Block::close);
    table.close();
  }
}
