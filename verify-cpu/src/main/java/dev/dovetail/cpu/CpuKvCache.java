package dev.dovetail.cpu;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Keys and values in blocks of {@value #BLOCK} positions, taken as the sequence grows and kept
 * until {@link #close}, so that growing copies nothing. In a block keys are {@code
 * [kvHead][panel][headDim][16]} and values {@code [kvHead][position][headDim]}. Pending node i
 * occupies slot length + i.
 */
final class CpuKvCache implements KvCache {
  /**
   * Positions in a block; also the unit in which long contexts are summed, see {@link
   * AttentionKernels}.
   */
  static final int BLOCK = 256;

  private static final int PANEL = AttentionKernels.PANEL;

  private final int kvHeads;
  private final int headDim;
  private final int capacity;
  private final KvType type;
  private final IntFunction<KvBlock> allocator;
  private final KvBlock[][] keys; // [layer][block]
  private final KvBlock[][] values;
  private int length;
  private int pending;
  private long blocks;

  CpuKvCache(int layers, int kvHeads, int headDim, int capacity, KvType type) {
    this(layers, kvHeads, headDim, capacity, type, length -> KvBlock.of(type, length));
  }

  /**
   * @param allocator makes blocks of so many zeros
   */
  CpuKvCache(
      int layers,
      int kvHeads,
      int headDim,
      int capacity,
      KvType type,
      IntFunction<KvBlock> allocator) {
    if (layers < 1 || kvHeads < 1 || headDim < 1 || capacity < 1) {
      throw new IllegalArgumentException(
          "a cache of %d layers, %d heads of %d, %d tokens; each must be at least 1"
              .formatted(layers, kvHeads, headDim, capacity));
    }
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.capacity = capacity;
    this.type = type;
    this.allocator = allocator;
    int most = (capacity - 1) / BLOCK + 1;
    Math.multiplyExact(Math.multiplyExact(kvHeads, headDim), BLOCK); // a block is one array
    keys = new KvBlock[layers][most];
    values = new KvBlock[layers][most];
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int length() {
    return length;
  }

  int kvHeads() {
    return kvHeads;
  }

  int headDim() {
    return headDim;
  }

  KvType type() {
    return type;
  }

  /** The keys of slots {@code block * BLOCK} on. */
  KvBlock keys(int layer, int block) {
    return keys[layer][block];
  }

  /** The values of slots {@code block * BLOCK} on. */
  KvBlock values(int layer, int block) {
    return values[layer][block];
  }

  private int headOffset(int kvHead) {
    return kvHead * BLOCK * headDim;
  }

  /**
   * Stores the pass of a batch as pending nodes of one layer; k and v are {@code [n][kvHeads *
   * headDim]}.
   */
  void append(int layer, TreeBatch batch, Rows k, Rows v) {
    if (batch.prefix() != length) {
      throw new IllegalArgumentException(
          "the batch hangs from a prefix of %d tokens, the cache holds %d"
              .formatted(batch.prefix(), length));
    }
    checkRoom(batch.end());
    for (int node = batch.first(); node < batch.end(); node++) {
      int row = node - batch.first();
      int slot = length + node;
      takeBlock(layer, slot / BLOCK);
      writeKeys(CpuBuffer.of(k), k.offset() + row * k.stride(), layer, slot);
      writeValues(CpuBuffer.of(v), v.offset() + row * v.stride(), layer, slot);
    }
    pending = batch.end();
  }

  private void checkRoom(int nodes) {
    int end = length + nodes;
    if (end > capacity) {
      throw new IllegalStateException(
          "the context is full: %d tokens in a cache of %d; raise it with --ctx, or shorten the text"
              .formatted(end, capacity));
    }
  }

  @Override
  public void reserve(int nodes) {
    checkRoom(nodes);
    for (int layer = 0; layer < keys.length; layer++) {
      for (int block = length / BLOCK; block * BLOCK < length + nodes; block++) {
        takeBlock(layer, block);
      }
    }
  }

  private void takeBlock(int layer, int block) {
    if (values[layer][block] != null) {
      return;
    }
    int numbers = kvHeads * headDim * BLOCK;
    try {
      KvBlock newKeys = allocator.apply(numbers);
      values[layer][block] = allocator.apply(numbers);
      keys[layer][block] = newKeys;
      blocks++;
    } catch (OutOfMemoryError e) {
      long whole = 2L * type.bytes() * numbers * keys.length * keys[0].length;
      throw new IllegalStateException(
          ("the Java heap is full: a context of %d tokens needs %d MiB for its keys and values, of which %d MiB are"
                  + " taken; lower --ctx, %sor raise the heap, for instance DOVETAIL_JAVA_OPTS=-Xmx%dm")
              .formatted(
                  capacity,
                  toMib(whole),
                  toMib(bytes()),
                  type == KvType.F32 ? "choose --kv f16, " : "",
                  toMib(Runtime.getRuntime().maxMemory() + whole - bytes())),
          e);
    }
  }

  private static long toMib(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  private void writeKeys(float[] source, int from, int layer, int slot) {
    KvBlock block = keys[layer][slot / BLOCK];
    for (int head = 0; head < kvHeads; head++) {
      block.put(source, from + head * headDim, headDim, keyOffset(head, slot), PANEL);
    }
  }

  private void writeValues(float[] source, int from, int layer, int slot) {
    KvBlock block = values[layer][slot / BLOCK];
    for (int head = 0; head < kvHeads; head++) {
      block.put(source, from + head * headDim, headDim, valueOffset(head, slot), 1);
    }
  }

  /** Where the key of a slot begins in its block, its numbers {@code PANEL} apart. */
  int keyOffset(int kvHead, int slot) {
    int inBlock = slot % BLOCK;
    return headOffset(kvHead) + inBlock / PANEL * PANEL * headDim + inBlock % PANEL;
  }

  /** Where the value of a slot begins in its block. */
  int valueOffset(int kvHead, int slot) {
    return headOffset(kvHead) + slot % BLOCK * headDim;
  }

  @Override
  public void commit(int[] nodes, int count) {
    for (int i = 0; i < count; i++) {
      if (nodes[i] < i || nodes[i] >= pending || i > 0 && nodes[i] <= nodes[i - 1]) {
        throw new IllegalArgumentException(
            "node %d cannot be kept as number %d: kept nodes ascend, and %d are pending"
                .formatted(nodes[i], i, pending));
      }
    }
    // Nodes ascend, so a slot is read before another node moves into it.
    for (int i = 0; i < count; i++) {
      if (nodes[i] != i) {
        move(length + nodes[i], length + i);
      }
    }
    length += count;
    pending = 0;
  }

  private void move(int from, int to) {
    for (int layer = 0; layer < keys.length; layer++) {
      KvBlock[] k = keys[layer];
      KvBlock[] v = values[layer];
      for (int head = 0; head < kvHeads; head++) {
        k[to / BLOCK].copy(
            k[from / BLOCK], keyOffset(head, from), headDim, keyOffset(head, to), PANEL);
        v[to / BLOCK].copy(
            v[from / BLOCK], valueOffset(head, from), headDim, valueOffset(head, to), 1);
      }
    }
  }

  @Override
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException(
          "cannot keep %d of %d committed tokens".formatted(newLength, length));
    }
    length = newLength;
    pending = 0;
  }

  @Override
  public long bytes() {
    return blocks * 2 * type.bytes() * kvHeads * headDim * BLOCK;
  }

  @Override
  public void close() {
    for (int layer = 0; layer < keys.length; layer++) {
      Arrays.fill(keys[layer], null);
      Arrays.fill(values[layer], null);
    }
    blocks = 0;
    length = 0;
    pending = 0;
  }
}
