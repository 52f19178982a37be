package dev.dovetail.cpu;

import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention of a pass, shared out over the workers. Queries are grouped by key head and by
 * neighbouring nodes. Where there are enough groups to keep the workers busy each takes whole
 * groups; otherwise, for few queries over a long context, the workers share the units of every
 * group and then bring them together. Both give the same bits.
 *
 * <p>For one pass at a time; allocates nothing once its scratch memory has the size of the context.
 */
final class Attention {
  /**
   * Queries of a group: enough to reuse what is read, few enough that their scores stay in a core's
   * cache.
   */
  private static final int GROUP_QUERIES = 32;

  /** Multiplications below which waking the workers costs more than it saves. */
  private static final long MIN_SHARED_WORK = 1 << 17;

  /** Multiplications from which one more barrier is worth an even split. */
  private static final long MIN_SPLIT_WORK = 1 << 20;

  private final WorkerPool pool;
  private final AttentionKernels kernels;
  private final AttentionScratch[] scratch;
  private final QueryGroup[] ofWorkers;
  private final List<QueryGroup> ofUnits = new ArrayList<>();
  private final WorkerPool.Task wholeGroups = this::answerGroup;
  private final WorkerPool.Task singleUnits = this::answerUnit;
  private final WorkerPool.Task merging = this::mergeGroup;

  private CpuKvCache cache;
  private int layer;
  private TreeBatch batch;
  private Rows q;
  private float scale;
  private Rows out;
  private int nodesPerGroup;
  private int groups; // of one key head
  private int units; // of one group

  Attention(WorkerPool pool, AttentionKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    scratch = new AttentionScratch[pool.threads()];
    ofWorkers = new QueryGroup[pool.threads()];
    for (int i = 0; i < ofWorkers.length; i++) {
      scratch[i] = new AttentionScratch(kernels);
      ofWorkers[i] = new QueryGroup(kernels);
    }
  }

  /** See {@link dev.dovetail.engine.device.Device#attention}. */
  void run(CpuKvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out) {
    this.cache = cache;
    this.layer = layer;
    this.batch = batch;
    this.q = q;
    this.scale = scale;
    this.out = out;
    int n = batch.size();
    int perNode = q.width() / cache.headDim() / cache.kvHeads();
    groups = ceilDiv(n, Math.max(1, GROUP_QUERIES / perNode));
    nodesPerGroup = ceilDiv(n, groups);
    groups = ceilDiv(n, nodesPerGroup);
    units = QueryGroup.units(batch.prefix());
    int parts = cache.kvHeads() * groups;
    long work = 2L * n * q.width() * (batch.prefix() + batch.end());
    if (work < MIN_SHARED_WORK) {
      for (int part = 0; part < parts; part++) {
        answerGroup(part, 0);
      }
    } else if (work < MIN_SPLIT_WORK || isEvenSplit(parts)) {
      pool.run(parts, wholeGroups);
    } else {
      shareUnits(parts);
    }
  }

  private boolean isEvenSplit(int parts) {
    return parts % pool.threads() == 0 || parts >= 4 * pool.threads();
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }

  private void answerGroup(int part, int worker) {
    QueryGroup group = ofWorkers[worker];
    open(group, part);
    group.places(group.blocks(units - 1));
    for (int unit = 0; unit < units; unit++) {
      group.answer(unit, 0, scratch[worker]);
      for (int i = 0; i < group.blocks(unit); i++) {
        group.merge(unit + i, i);
      }
    }
    group.finish(out);
  }

  private void open(QueryGroup group, int part) {
    int first = part % groups * nodesPerGroup;
    int nodes = Math.min(nodesPerGroup, batch.size() - first);
    group.open(cache, layer, batch, part / groups, batch.first() + first, nodes, q, scale);
  }

  private void shareUnits(int parts) {
    while (ofUnits.size() < parts) {
      ofUnits.add(new QueryGroup(kernels));
    }
    for (int part = 0; part < parts; part++) {
      QueryGroup group = ofUnits.get(part);
      open(group, part);
      group.places(units - 1 + group.blocks(units - 1));
    }
    pool.run(parts * units, singleUnits);
    pool.run(parts, merging);
  }

  private void answerUnit(int part, int worker) {
    int unit = part % units;
    ofUnits.get(part / units).answer(unit, unit, scratch[worker]);
  }

  private void mergeGroup(int part, int worker) {
    QueryGroup group = ofUnits.get(part);
    int blocks = units - 1 + group.blocks(units - 1);
    for (int block = 0; block < blocks; block++) {
      group.merge(block, block);
    }
    group.finish(out);
  }
}
