package dev.dovetail.cpu;

import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.Arrays;

/**
 * The queries of some nodes that read one key head, and the scratch memory to answer them. A block
 * of keys or values is read once for all queries of the group.
 *
 * <p>Sums follow absolute positions: scores are computed slot by slot, then those of a node's
 * ancestors are moved next to the prefix's, and values are summed in blocks of {@link
 * CpuKvCache#BLOCK} positions from zero, the blocks added in order. So a node's answer is that of
 * plain decoding along its path.
 *
 * <p>After {@link #open} the stages follow each other: {@link #score} for all blocks, {@link
 * #softmax} for all queries, {@link #weigh} and {@link #add} for all blocks, {@link #finish}.
 * Workers may share a stage up to {@link #weigh}, each with blocks or queries of its own.
 */
final class QueryGroup {
  private static final int BLOCK = CpuKvCache.BLOCK;
  private static final int PANEL = AttentionKernels.PANEL;
  private static final int TILE = AttentionKernels.TILE;

  private final AttentionKernels kernels;

  private CpuKvCache cache;
  private int layer;
  private TreeBatch batch;
  private int kvHead;
  private int firstNode;
  private int nodes;
  private int headsPerNode;
  private int headDim;
  private int prefix;
  private int slots; // up to and with the last node's
  private int scoresStride;

  // "queries" below: those of the group, filled up to whole tiles by zeros whose answers are
  // dropped.
  private float[] queries = {}; // [queries][headDim]
  private float[] scores = {}; // [queries][scoresStride]
  private float[] partials = {}; // [places][queries][headDim]
  private float[] sums = {}; // [queries][headDim]
  private float[] divisors = {}; // [queries]
  private int[]
      aligned = {}; // [nodes]: how many of the path's first nodes stand at their position's slot
  private int[] paths = {}; // [nodes][pending], of a tree that is no chain

  QueryGroup(AttentionKernels kernels) {
    this.kernels = kernels;
  }

  /**
   * Takes the queries of {@code nodes} nodes from {@code firstNode} on.
   *
   * @param q the queries of the batch's pass
   * @param places how many blocks' partial sums are held at a time
   */
  void open(
      CpuKvCache cache,
      int layer,
      TreeBatch batch,
      int kvHead,
      int firstNode,
      int nodes,
      Rows q,
      int places) {
    this.cache = cache;
    this.layer = layer;
    this.batch = batch;
    this.kvHead = kvHead;
    this.firstNode = firstNode;
    this.nodes = nodes;
    headDim = cache.headDim();
    headsPerNode = q.width() / headDim / cache.kvHeads();
    prefix = batch.prefix();
    slots = prefix + firstNode + nodes;
    scoresStride = (slots + PANEL - 1) / PANEL * PANEL;
    int rows = rows();
    queries = grown(queries, rows * headDim);
    scores = grown(scores, Math.multiplyExact(rows, scoresStride));
    partials = grown(partials, Math.multiplyExact(places, rows * headDim));
    sums = grown(sums, rows * headDim);
    divisors = grown(divisors, rows);
    aligned = grown(aligned, nodes);
    copyQueries(q);
    Arrays.fill(sums, 0, rows * headDim, 0f);
    findPaths();
  }

  private static float[] grown(float[] array, int length) {
    return array.length >= length ? array : new float[length + length / 2];
  }

  private static int[] grown(int[] array, int length) {
    return array.length >= length ? array : new int[length + length / 2];
  }

  private void copyQueries(Rows q) {
    float[] source = CpuBuffer.of(q);
    int perNode = headsPerNode * headDim;
    int from = q.offset() + (firstNode - batch.first()) * q.stride() + kvHead * perNode;
    for (int i = 0; i < nodes; i++) {
      System.arraycopy(source, from + i * q.stride(), queries, i * perNode, perNode);
    }
    Arrays.fill(queries, nodes * perNode, rows() * headDim, 0f);
  }

  private void findPaths() {
    if (batch.isChain()) {
      for (int i = 0; i < nodes; i++) {
        aligned[i] = firstNode + i + 1;
      }
      return;
    }
    paths = grown(paths, nodes * batch.end());
    for (int i = 0; i < nodes; i++) {
      int at = i * batch.end();
      int node = firstNode + i;
      for (int depth = batch.depth(node); depth >= 0; depth--) {
        paths[at + depth] = node;
        node = batch.parent(node);
      }
      aligned[i] = 0;
      while (aligned[i] < pathLength(i) && paths[at + aligned[i]] == aligned[i]) {
        aligned[i]++;
      }
    }
  }

  private int pathLength(int nodeOfGroup) {
    return batch.depth(firstNode + nodeOfGroup) + 1;
  }

  /** Queries of the group. */
  int count() {
    return nodes * headsPerNode;
  }

  private int rows() {
    return (count() + TILE - 1) / TILE * TILE;
  }

  /** Blocks of slots, and of positions, that the group reads. */
  int blocks() {
    return (slots - 1) / BLOCK + 1;
  }

  /** Scores all queries against one block of keys. */
  void score(int block) {
    float[] keys = cache.keys(layer, block);
    int offset = cache.headOffset(kvHead);
    int from = block * BLOCK;
    int panels = (Math.min(BLOCK, slots - from) + PANEL - 1) / PANEL;
    for (int query = 0; query < count(); query += TILE) {
      int q = query * headDim;
      int at = query * scoresStride + from;
      if (count() - query == 1) {
        kernels.score(queries, q, headDim, keys, offset, panels, scores, at);
      } else {
        kernels.scoreTile(queries, q, headDim, keys, offset, panels, scores, at, scoresStride);
      }
    }
  }

  /** Turns the scores of one query into weights over the prefix and its node's path. */
  void softmax(int query, float scale, float[] lanes) {
    int node = query / headsPerNode;
    int at = query * scoresStride;
    int length = pathLength(node);
    // A node's slot is never below its position, so in order no score is overwritten before it has
    // moved.
    for (int i = aligned[node]; i < length; i++) {
      scores[at + prefix + i] = scores[at + prefix + paths[node * batch.end() + i]];
    }
    divisors[query] = kernels.softmax(scores, at, prefix + length, scale, lanes);
  }

  /** Sums one block of values by the weights of all queries, into a place of its own. */
  void weigh(int block, int place) {
    int rows = rows();
    int base = place * rows * headDim;
    Arrays.fill(partials, base, base + rows * headDim, 0f);
    for (int query = 0; query < count(); query += TILE) {
      int last = Math.min(query + TILE, count()) - 1;
      int shared = weighShared(block, base, query, last);
      for (int i = query; i <= last; i++) {
        weighRest(block, base, i, shared);
      }
    }
  }

  /**
   * Sums the positions that all queries of a tile read at their own slots; returns where they end.
   */
  private int weighShared(int block, int base, int query, int last) {
    int shared = slots;
    for (int node = query / headsPerNode; node <= last / headsPerNode; node++) {
      shared = Math.min(shared, prefix + aligned[node]);
    }
    int from = block * BLOCK;
    int count = Math.min(BLOCK, shared - from);
    if (count > 0) {
      float[] values = cache.values(layer, block);
      int offset = cache.headOffset(kvHead);
      int at = query * scoresStride + from;
      int to = base + query * headDim;
      if (last == query) {
        kernels.weigh(scores, at, count, values, offset, headDim, partials, to);
      } else {
        kernels.weighTile(scores, at, scoresStride, count, values, offset, headDim, partials, to);
      }
    }
    return shared;
  }

  /**
   * Sums a query's positions of the block from {@code shared} on, in runs of neighbouring slots.
   */
  private void weighRest(int block, int base, int query, int shared) {
    int node = query / headsPerNode;
    int end = Math.min((block + 1) * BLOCK, prefix + pathLength(node));
    int position = Math.max(block * BLOCK, shared);
    while (position < end) {
      int slot = slot(node, position);
      int run = 1;
      while (position + run < end
          && (slot + run) % BLOCK != 0
          && slot(node, position + run) == slot + run) {
        run++;
      }
      kernels.weigh(
          scores,
          query * scoresStride + position,
          run,
          cache.values(layer, slot / BLOCK),
          cache.headOffset(kvHead) + slot % BLOCK * headDim,
          headDim,
          partials,
          base + query * headDim);
      position += run;
    }
  }

  /** Where the value stands that a node's path has at a position. */
  private int slot(int nodeOfGroup, int position) {
    int depth = position - prefix;
    return depth < aligned[nodeOfGroup]
        ? position
        : prefix + paths[nodeOfGroup * batch.end() + depth];
  }

  /** Adds the partial sums at a place; places are added in the order of their blocks. */
  void add(int place) {
    int size = count() * headDim;
    kernels.add(partials, place * rows() * headDim, size, sums, 0);
  }

  /** Writes the answers; {@code out} is that of the batch's pass. */
  void finish(Rows out) {
    float[] destination = CpuBuffer.of(out);
    int perNode = headsPerNode * headDim;
    for (int query = 0; query < count(); query++) {
      int row = firstNode - batch.first() + query / headsPerNode;
      int to =
          out.offset() + row * out.stride() + kvHead * perNode + query % headsPerNode * headDim;
      kernels.divide(sums, query * headDim, divisors[query], headDim, destination, to);
    }
  }
}
