package dev.dovetail.cpu;

import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.Arrays;

/**
 * The queries of some nodes that read one key head, and their answers as they come together. Keys
 * and values are read once for all queries of the group.
 *
 * <p>Positions are answered in blocks of {@link CpuKvCache#BLOCK} from zero: each block's weights
 * are relative to its own largest score, and {@link #merge} brings the blocks together in order. So
 * a node's answer is that of plain decoding along its path, whoever answered which block.
 *
 * <p>A <em>unit</em> of work is a block of the prefix, or, as the last unit, all that begins with
 * the prefix's last, incomplete block: a node's ancestors stand there at slots that are not their
 * positions, perhaps in another block. After {@link #open} workers may share the units, each with
 * scratch memory of its own.
 */
final class QueryGroup {
  private static final int BLOCK = CpuKvCache.BLOCK;
  private static final int PANEL = AttentionKernels.PANEL;
  private static final int TILE = AttentionKernels.TILE;

  private final AttentionKernels kernels;
  private final BlockAnswers answers;

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
  private float scale;

  // "rows" below: the group's queries, filled up to whole tiles by zeros whose answers are dropped.
  private int rows;
  private float[] queries = {}; // [rows][headDim]
  private int[] aligned = {}; // [nodes]: so many first nodes of the path stand at their positions
  private int[] paths = {}; // [nodes][pending], of a tree that is no chain

  QueryGroup(AttentionKernels kernels) {
    this.kernels = kernels;
    answers = new BlockAnswers(kernels);
  }

  /**
   * Takes the queries of {@code nodes} nodes from {@code firstNode} on.
   *
   * @param q the queries of the batch's pass
   * @param scale multiplies each score
   */
  void open(
      CpuKvCache cache,
      int layer,
      TreeBatch batch,
      int kvHead,
      int firstNode,
      int nodes,
      Rows q,
      float scale) {
    this.cache = cache;
    this.layer = layer;
    this.batch = batch;
    this.kvHead = kvHead;
    this.firstNode = firstNode;
    this.nodes = nodes;
    this.scale = scale;
    headDim = cache.headDim();
    headsPerNode = q.width() / headDim / cache.kvHeads();
    prefix = batch.prefix();
    slots = prefix + firstNode + nodes;
    rows = (count() + TILE - 1) / TILE * TILE;
    queries = AttentionScratch.grown(queries, rows * headDim);
    aligned = AttentionScratch.grown(aligned, nodes);
    copyQueries(q);
    findPaths();
  }

  /** Makes room for the answers of so many blocks, each in a place of its own. */
  void places(int places) {
    answers.open(places, rows, headDim);
  }

  private void copyQueries(Rows q) {
    float[] source = CpuBuffer.of(q);
    int perNode = headsPerNode * headDim;
    int from = q.offset() + (firstNode - batch.first()) * q.stride() + kvHead * perNode;
    for (int i = 0; i < nodes; i++) {
      System.arraycopy(source, from + i * q.stride(), queries, i * perNode, perNode);
    }
    Arrays.fill(queries, nodes * perNode, rows * headDim, 0f);
  }

  private void findPaths() {
    if (batch.isChain()) {
      for (int i = 0; i < nodes; i++) {
        aligned[i] = firstNode + i + 1;
      }
      return;
    }
    paths = AttentionScratch.grown(paths, nodes * batch.end());
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
  private int count() {
    return nodes * headsPerNode;
  }

  /** Units of work of a group whose batch hangs from such a prefix. */
  static int units(int prefix) {
    return prefix / BLOCK + 1;
  }

  /** Blocks of a unit. */
  int blocks(int unit) {
    return unit < prefix / BLOCK ? 1 : (slots - 1) / BLOCK + 1 - unit;
  }

  /** Answers the unit's blocks, the first of which is block {@code unit}, from a place on. */
  void answer(int unit, int place, AttentionScratch scratch) {
    int from = unit * BLOCK;
    int blocks = blocks(unit);
    int positions = Math.min(blocks * BLOCK, slots - from);
    int stride = (positions + PANEL - 1) / PANEL * PANEL;
    scratch.scores = AttentionScratch.grown(scratch.scores, Math.multiplyExact(rows, stride));
    score(from, stride, scratch);
    if (from + positions > prefix) {
      straighten(from, stride, scratch.scores);
    }
    for (int i = 0; i < blocks; i++) {
      int at = from + i * BLOCK;
      softmax(at, i * BLOCK, stride, place + i, scratch);
      weigh(at, i * BLOCK, stride, place + i, scratch);
    }
  }

  /** Scores all queries against the keys of slots {@code from} on. */
  private void score(int from, int stride, AttentionScratch scratch) {
    int most = AttentionScratch.positions(cache.type(), headDim);
    for (int done = 0; done < stride; done += most) {
      int slot = from + done;
      int panels = Math.min(most, stride - done) / PANEL;
      scratch.read(
          cache.keys(layer, slot / BLOCK), cache.keyOffset(kvHead, slot), panels * PANEL * headDim);
      for (int query = 0; query < count(); query += TILE) {
        int q = query * headDim;
        int at = query * stride + done;
        if (count() - query == 1) {
          kernels.score(
              queries, q, headDim, scratch.numbers, scratch.offset, panels, scratch.scores, at);
        } else {
          kernels.scoreTile(
              queries,
              q,
              headDim,
              scratch.numbers,
              scratch.offset,
              panels,
              scratch.scores,
              at,
              stride);
        }
      }
    }
  }

  /**
   * Moves the scores of each node's ancestors next to the prefix's. A node's slot is never below
   * its position, so in order no score is overwritten before it has moved.
   */
  private void straighten(int from, int stride, float[] scores) {
    for (int query = 0; query < count(); query++) {
      int node = query / headsPerNode;
      int at = query * stride + prefix - from;
      for (int i = aligned[node]; i < pathLength(node); i++) {
        scores[at + i] = scores[at + paths[node * batch.end() + i]];
      }
    }
  }

  /** Positions that a query reads of the block that begins at one; zero if it ends before. */
  private int length(int query, int block) {
    return Math.clamp(prefix + pathLength(query / headsPerNode) - block, 0, BLOCK);
  }

  private void softmax(int block, int column, int stride, int place, AttentionScratch scratch) {
    for (int query = 0; query < count(); query++) {
      int n = length(query, block);
      if (n > 0) {
        int at = query * stride + column;
        float max = kernels.max(scratch.scores, at, n, scale, scratch.lanes);
        float sum = kernels.exponentiate(scratch.scores, at, n, scale, max, scratch.lanes);
        answers.weights(place, query, max, sum);
      }
    }
  }

  /** Sums the values of a block by the weights of all queries. */
  private void weigh(int block, int column, int stride, int place, AttentionScratch scratch) {
    answers.clear(place);
    float[] sums = answers.sums();
    int most = AttentionScratch.positions(cache.type(), headDim);
    int end = Math.min(BLOCK, shared() - block);
    for (int done = 0; done < end; done += most) {
      int slot = block + done;
      int positions = Math.min(most, end - done);
      scratch.read(
          cache.values(layer, slot / BLOCK), cache.valueOffset(kvHead, slot), positions * headDim);
      for (int query = 0; query < count(); query += TILE) {
        int last = Math.min(query + TILE, count()) - 1;
        int n = Math.min(positions, shared(query) - slot);
        int at = query * stride + column + done;
        int to = answers.at(place, query);
        if (n > 0 && last == query) {
          kernels.weigh(scratch.scores, at, n, scratch.numbers, scratch.offset, headDim, sums, to);
        } else if (n > 0) {
          kernels.weighTile(
              scratch.scores, at, stride, n, scratch.numbers, scratch.offset, headDim, sums, to);
        }
      }
    }
    weighRest(block, column, stride, place, scratch);
  }

  /** Where the positions end that all queries of a tile read at their own slots. */
  private int shared(int firstQuery) {
    int lastQuery = Math.min(firstQuery + TILE, count()) - 1;
    int shared = slots;
    for (int node = firstQuery / headsPerNode; node <= lastQuery / headsPerNode; node++) {
      shared = Math.min(shared, prefix + aligned[node]);
    }
    return shared;
  }

  /** Where they end for the tile that reads most. */
  private int shared() {
    int most = 0;
    for (int query = 0; query < count(); query += TILE) {
      most = Math.max(most, shared(query));
    }
    return most;
  }

  /** Sums what {@link #weigh} left: a node's last positions, in runs of neighbouring slots. */
  private void weighRest(int block, int column, int stride, int place, AttentionScratch scratch) {
    for (int query = 0; query < count(); query++) {
      int node = query / headsPerNode;
      int position = Math.max(block, shared(query / TILE * TILE));
      int end = block + length(query, block);
      while (position < end) {
        int slot = slot(node, position);
        int run = 1;
        while (position + run < end
            && (slot + run) % BLOCK != 0
            && slot(node, position + run) == slot + run) {
          run++;
        }
        scratch.read(
            cache.values(layer, slot / BLOCK), cache.valueOffset(kvHead, slot), run * headDim);
        kernels.weigh(
            scratch.scores,
            query * stride + column + position - block,
            run,
            scratch.numbers,
            scratch.offset,
            headDim,
            answers.sums(),
            answers.at(place, query));
        position += run;
      }
    }
  }

  /** Where the value stands that a node's path has at a position. */
  private int slot(int nodeOfGroup, int position) {
    int depth = position - prefix;
    return depth < aligned[nodeOfGroup]
        ? position
        : prefix + paths[nodeOfGroup * batch.end() + depth];
  }

  /** Adds the answers of a block, at a place; blocks are added in order from 0. */
  void merge(int block, int place) {
    for (int query = 0; query < count(); query++) {
      if (length(query, block * BLOCK) > 0) {
        answers.merge(place, query, block == 0);
      }
    }
  }

  /** Writes the answers; {@code out} is that of the batch's pass. */
  void finish(Rows out) {
    float[] destination = CpuBuffer.of(out);
    int perNode = headsPerNode * headDim;
    for (int query = 0; query < count(); query++) {
      int row = firstNode - batch.first() + query / headsPerNode;
      int to =
          out.offset() + row * out.stride() + kvHead * perNode + query % headsPerNode * headDim;
      answers.finish(query, destination, to);
    }
  }
}
