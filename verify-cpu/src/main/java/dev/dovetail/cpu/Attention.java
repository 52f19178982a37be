package dev.dovetail.cpu;

import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention of a pass, shared out over the workers. Queries are grouped by key head and by
 * neighbouring nodes. Where there are enough groups to keep the workers busy each takes whole
 * groups; otherwise, for few queries over a long context, the workers share the blocks and queries
 * of every group, stage by stage. Both give the same bits.
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

  /** Multiplications from which the two more barriers of stages are worth an even split. */
  private static final long MIN_STAGED_WORK = 1 << 20;

  private final WorkerPool pool;
  private final AttentionKernels kernels;
  private final float[][] lanes;
  private final QueryGroup[] ofWorkers;
  private final List<QueryGroup> ofStages = new ArrayList<>();
  private final WorkerPool.Task wholeGroups = this::answerGroup;
  private final WorkerPool.Task scoreStage = this::scoreBlock;
  private final WorkerPool.Task softmaxStage = this::softmaxQuery;
  private final WorkerPool.Task weighStage = this::weighBlock;

  private CpuKvCache cache;
  private int layer;
  private TreeBatch batch;
  private Rows q;
  private float scale;
  private Rows out;
  private int nodesPerGroup;
  private int groups; // of one key head
  private int units; // blocks or queries of one group, in the stage that runs

  Attention(WorkerPool pool, AttentionKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    lanes = new float[pool.threads()][Lanes.COUNT];
    ofWorkers = new QueryGroup[pool.threads()];
    for (int i = 0; i < ofWorkers.length; i++) {
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
    int parts = cache.kvHeads() * groups;
    long work = 2L * n * q.width() * (batch.prefix() + batch.end());
    if (work < MIN_SHARED_WORK) {
      for (int part = 0; part < parts; part++) {
        answerGroup(part, 0);
      }
    } else if (work < MIN_STAGED_WORK || isEvenSplit(parts)) {
      pool.run(parts, wholeGroups);
    } else {
      runStages(parts);
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
    open(group, part, 1);
    int blocks = group.blocks();
    for (int block = 0; block < blocks; block++) {
      group.score(block);
    }
    for (int query = 0; query < group.count(); query++) {
      group.softmax(query, scale, lanes[worker]);
    }
    for (int block = 0; block < blocks; block++) {
      group.weigh(block, 0);
      group.add(0);
    }
    group.finish(out);
  }

  private void open(QueryGroup group, int part, int places) {
    int first = part % groups * nodesPerGroup;
    int nodes = Math.min(nodesPerGroup, batch.size() - first);
    group.open(cache, layer, batch, part / groups, batch.first() + first, nodes, q, places);
  }

  private void runStages(int parts) {
    int blocks = (batch.prefix() + batch.end() - 1) / CpuKvCache.BLOCK + 1;
    while (ofStages.size() < parts) {
      ofStages.add(new QueryGroup(kernels));
    }
    for (int part = 0; part < parts; part++) {
      open(ofStages.get(part), part, blocks);
    }
    stage(parts, blocks, scoreStage);
    stage(parts, nodesPerGroup * (q.width() / cache.headDim() / cache.kvHeads()), softmaxStage);
    stage(parts, blocks, weighStage);
    for (int part = 0; part < parts; part++) {
      QueryGroup group = ofStages.get(part);
      for (int block = 0; block < group.blocks(); block++) {
        group.add(block);
      }
      group.finish(out);
    }
  }

  private void stage(int parts, int unitsOfGroup, WorkerPool.Task task) {
    units = unitsOfGroup;
    pool.run(parts * unitsOfGroup, task);
  }

  private void scoreBlock(int part, int worker) {
    QueryGroup group = ofStages.get(part / units);
    int block = part % units;
    if (block < group.blocks()) {
      group.score(block);
    }
  }

  private void softmaxQuery(int part, int worker) {
    QueryGroup group = ofStages.get(part / units);
    int query = part % units;
    if (query < group.count()) {
      group.softmax(query, scale, lanes[worker]);
    }
  }

  private void weighBlock(int part, int worker) {
    QueryGroup group = ofStages.get(part / units);
    int block = part % units;
    if (block < group.blocks()) {
      group.weigh(block, block);
    }
  }
}
