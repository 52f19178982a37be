package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Event;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.kernel.RankKernel;
import dev.dovetail.gpu.kernel.RankKernel.Settings;
import dev.dovetail.gpu.kernel.RankKernel.Source;
import dev.dovetail.gpu.kernel.TreeKernel;
import dev.dovetail.gpu.kernel.TreeNodes;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A tree that grows in the GPU's memory: up goes one copy when it begins, down comes one with its
 * nodes, and between them nothing crosses. Its memory holds the scratch space of the widest level,
 * what candidates are ranked by, and the nodes; where each of these lies depends on the levels and
 * the vocabulary alone, so that recorded kernels find it again. For one thread at a time.
 */
final class GpuDraftTree implements DraftTree {
  private static final int ROOT = -1;
  private static final int ALIGNMENT = 256;

  /** Of each node what is read back: its token, parent, log-probability and the path's. */
  private static final int ARRAYS_READ = 4;

  private static final int NO_PROBABILITY = Float.floatToRawIntBits(Float.NEGATIVE_INFINITY);

  private final GpuDriver driver;
  private final DeviceMemory memory;
  private final Staging staging;
  private final RankKernel rank;
  private final TreeKernel tree;
  private final int maxNodes;
  private final GrowingMemory block;
  private final Event start;
  private final Event end;
  private final Consumer<GpuDraftTree> begun;

  private TreeGrowth growth;
  private int[] ends = new int[0];
  private int grown;
  private int added;
  private boolean ended = true;
  private int[] numbers = new int[0];
  private long scratch;
  private long scratchBytes;
  private Source source;
  private TreeKernel.Nodes nodes;
  private long vocabulary;
  private int tokensOfTarget;

  /**
   * @param begun is told of each tree that begins; it may say when all work for it is queued
   */
  GpuDraftTree(
      GpuDriver driver,
      DeviceMemory memory,
      Staging staging,
      RankKernel rank,
      TreeKernel tree,
      int maxNodes,
      Consumer<GpuDraftTree> begun) {
    this.driver = driver;
    this.memory = memory;
    this.staging = staging;
    this.rank = rank;
    this.tree = tree;
    this.maxNodes = maxNodes;
    this.begun = begun;
    block = new GrowingMemory(memory);
    start = driver.newEvent();
    end = driver.newEvent();
  }

  @Override
  public void begin(TreeGrowth growth, int prefix) {
    check(growth);
    this.growth = growth;
    grown = growth.given().length;
    added = 0;
    ends = new int[growth.levels()];
    for (int level = 0; level < ends.length; level++) {
      ends[level] = first(level) + growth.width(level);
    }
    noteVocabulary();
    ended = false;
    driver.record(start, Stream.COMPUTE);
    send(prefix);
    begun.accept(this);
  }

  /** Marks the end of the work for this tree, however much later it is read. */
  void end() {
    if (!ended) {
      driver.record(end, Stream.COMPUTE);
      ended = true;
    }
  }

  private void check(TreeGrowth growth) {
    if (growth.nodes() > maxNodes) {
      throw new IllegalArgumentException(
          "a tree of %d nodes; there is room for %d".formatted(growth.nodes(), maxNodes));
    }
    for (int width : growth.widths()) {
      if (width > RankKernel.MOST_WANTED) {
        throw new IllegalArgumentException(
            "a level of %d nodes; wanted up to %d".formatted(width, RankKernel.MOST_WANTED));
      }
    }
  }

  /** What is passed to kernels by value must not change under a recorded one. */
  private void noteVocabulary() {
    long address =
        growth.vocabulary() == null ? 0 : ((GpuTokenIds) growth.vocabulary()).block().address();
    int tokens = growth.sampler().vocabulary();
    if (address != vocabulary || tokens != tokensOfTarget) {
      memory.noteMove();
    }
    vocabulary = address;
    tokensOfTarget = tokens;
  }

  private int first(int level) {
    return level == 0 ? 0 : ends[level - 1];
  }

  /** Nodes whose rows a level's candidates are in. */
  private int rows(int level) {
    return level == 0 ? 1 : growth.width(level - 1);
  }

  /** Settings, the prefix, all nodes as they are before anything is grown, the last tokens. */
  private void send(int prefix) {
    SamplingOptions options = growth.sampler().options();
    int window = options.penalises() ? options.repeatWindow() : 0;
    int recent = Math.min(window, growth.length());
    int levels = growth.levels();
    int n = growth.nodes();
    int tokens = Settings.INTS + 2;
    int starts = tokens + ARRAYS_READ * n;
    int lengths = starts + n;
    int paths = lengths + n;
    int recents = paths + n * levels;
    int count = recents + recent;
    if (numbers.length < count) {
      numbers = new int[2 * count];
    }
    Arrays.fill(numbers, 0, recents, 0);
    new Settings(
            options.seed(),
            growth.length(),
            options.greedy(),
            options.temperature(),
            options.repeatPenalty(),
            window,
            recent)
        .write(numbers, 0);
    numbers[Settings.INTS] = prefix;
    Arrays.fill(numbers, tokens + 2 * n, starts, NO_PROBABILITY);
    for (int node = 0; node < growth.given().length; node++) {
      numbers[tokens + node] = growth.given()[node];
      numbers[tokens + n + node] = node - 1;
      numbers[tokens + 2 * n + node] = 0;
      numbers[tokens + 3 * n + node] = 0;
      for (int above = 0; above <= node; above++) {
        numbers[paths + node * levels + above] = above;
      }
    }
    for (int level = 0; level < levels; level++) {
      for (int node = first(level); node < ends[level]; node++) {
        numbers[starts + node] = node * levels;
        numbers[lengths + node] = level + 1;
      }
    }
    System.arraycopy(growth.context(), growth.length() - recent, numbers, recents, recent);

    scratchBytes = scratchBytes();
    long sentBytes = (long) numbers.length * Integer.BYTES;
    long address = block.reserve(scratchBytes + sentBytes);
    if (address != scratch) {
      memory.noteMove();
    }
    scratch = address;
    long settings = scratch + scratchBytes;
    long node = settings + (long) tokens * Integer.BYTES;
    long plane = (long) n * Integer.BYTES;
    source =
        new Source(
            settings, settings + (long) recents * Integer.BYTES, node, vocabulary, tokensOfTarget);
    nodes =
        new TreeKernel.Nodes(
            node,
            node + plane,
            node + 2 * plane,
            node + 3 * plane,
            settings + (long) paths * Integer.BYTES,
            levels);
    staging.send(numbers, count, settings);
  }

  /** For the candidates of any level. */
  private long scratchBytes() {
    int entries = growth.vocabulary() == null ? tokensOfTarget : growth.vocabulary().ids().length;
    long most = 0;
    for (int level = growth.given().length; level < growth.levels(); level++) {
      int rows = rows(level);
      int wanted = growth.width(level);
      most =
          Math.max(
              most,
              RankKernel.resultBytes(rows, wanted)
                  + RankKernel.scratchBytes(rows, entries, wanted));
    }
    return (most + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  @Override
  public void grow(Rows logits) {
    int level = grown;
    int rows = rows(level);
    int wanted = growth.width(level);
    int parent = level == 0 ? ROOT : first(level - 1);
    long results = scratch;
    long resultBytes = RankKernel.resultBytes(rows, wanted);
    if (resultBytes + RankKernel.scratchBytes(rows, logits.width(), wanted) > scratchBytes) {
      throw new IllegalArgumentException(
          "rows of %d logits; the vocabulary has fewer".formatted(logits.width()));
    }
    long paths = nodes.paths() + (long) Math.max(0, parent) * nodes.pathStride() * Integer.BYTES;
    rank.launch(
        GpuBuffer.view(logits),
        source,
        new RankKernel.Level(paths, nodes.pathStride(), level, rows, wanted),
        results + resultBytes,
        results);
    tree.launch(results, nodes, new TreeKernel.Level(parent, rows, first(level), wanted, level));
    grown++;
  }

  @Override
  public boolean addLevel(TreeBatch batch) {
    batch.addGrown(this, growth.width(added), added);
    added++;
    return true;
  }

  /** Tokens that a node may have. */
  int vocabulary() {
    return tokensOfTarget;
  }

  /** The nodes of a batch's pass. */
  TreeNodes of(TreeBatch batch) {
    long prefix = source.settings() + (long) Settings.INTS * Integer.BYTES;
    long starts = nodes.tokens() + (long) ARRAYS_READ * growth.nodes() * Integer.BYTES;
    long first = (long) batch.first() * Integer.BYTES;
    return new TreeNodes(
        prefix,
        nodes.tokens() + first,
        nodes.parents() + first,
        nodes.paths(),
        starts + first,
        starts + (long) growth.nodes() * Integer.BYTES + first);
  }

  @Override
  public DraftNodes read() {
    int n = growth.nodes();
    end();
    if (numbers.length < ARRAYS_READ * n) {
      numbers = new int[ARRAYS_READ * n];
    }
    staging.receive(nodes.tokens(), numbers, ARRAYS_READ * n);
    return DraftNodes.of(
        Arrays.copyOfRange(numbers, 0, n),
        Arrays.copyOfRange(numbers, n, 2 * n),
        floats(2 * n, n),
        floats(3 * n, n),
        n,
        driver.nanosBetween(start, end));
  }

  private float[] floats(int from, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = Float.intBitsToFloat(numbers[from + i]);
    }
    return floats;
  }

  @Override
  public void close() {
    ended = true;
    try (block) {
      driver.free(start);
      driver.free(end);
    }
  }
}
