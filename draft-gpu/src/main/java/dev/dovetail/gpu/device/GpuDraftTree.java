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
  private TreeLayout layout;
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
    layout = new TreeLayout(growth.nodes(), ends.length);
    noteVocabulary();
    ended = false;
    driver.record(start, Stream.COMPUTE);
    send(write(prefix));
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
  private int write(int prefix) {
    SamplingOptions options = growth.sampler().options();
    int window = options.penalises() ? options.repeatWindow() : 0;
    int recent = Math.min(window, growth.length());
    int count = layout.recent() + recent;
    if (numbers.length < count) {
      numbers = new int[2 * count];
    }
    Arrays.fill(numbers, 0, layout.recent(), 0);
    new Settings(
            options.seed(),
            growth.length(),
            options.greedy(),
            options.temperature(),
            options.repeatPenalty(),
            window,
            recent)
        .write(numbers, 0);
    numbers[TreeLayout.PREFIX] = prefix;
    Arrays.fill(numbers, layout.logs(), layout.starts(), NO_PROBABILITY);
    for (int node = 0; node < growth.given().length; node++) {
      numbers[layout.tokens() + node] = growth.given()[node];
      numbers[layout.parents() + node] = node - 1;
      numbers[layout.logs() + node] = 0;
      numbers[layout.pathLogs() + node] = 0;
      for (int above = 0; above <= node; above++) {
        numbers[layout.paths() + node * layout.levels() + above] = above;
      }
    }
    for (int level = 0; level < layout.levels(); level++) {
      for (int node = first(level); node < ends[level]; node++) {
        numbers[layout.starts() + node] = node * layout.levels();
        numbers[layout.lengths() + node] = level + 1;
      }
    }
    System.arraycopy(growth.context(), growth.length() - recent, numbers, layout.recent(), recent);
    return count;
  }

  private void send(int count) {
    scratchBytes = scratchBytes();
    long address = block.reserve(scratchBytes + (long) numbers.length * Integer.BYTES);
    if (address != scratch) {
      memory.noteMove();
    }
    scratch = address;
    source =
        new Source(
            address(0),
            address(layout.recent()),
            address(layout.tokens()),
            vocabulary,
            tokensOfTarget);
    nodes =
        new TreeKernel.Nodes(
            address(layout.tokens()),
            address(layout.parents()),
            address(layout.logs()),
            address(layout.pathLogs()),
            address(layout.paths()),
            layout.levels());
    staging.send(numbers, count, address(0));
  }

  /** Of one of the numbers that are sent. */
  private long address(int number) {
    return scratch + scratchBytes + (long) number * Integer.BYTES;
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
    int first = batch.first();
    return new TreeNodes(
        address(TreeLayout.PREFIX),
        address(layout.tokens() + first),
        address(layout.parents() + first),
        address(layout.paths()),
        address(layout.starts() + first),
        address(layout.lengths() + first));
  }

  @Override
  public DraftNodes read() {
    int n = growth.nodes();
    end();
    int[] read = new int[layout.starts() - layout.tokens()];
    staging.receive(address(layout.tokens()), read, read.length);
    return DraftNodes.of(
        Arrays.copyOfRange(read, 0, n),
        Arrays.copyOfRange(read, n, 2 * n),
        floats(read, 2 * n, n),
        floats(read, 3 * n, n),
        n,
        driver.nanosBetween(start, end));
  }

  private static float[] floats(int[] bits, int from, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = Float.intBitsToFloat(bits[from + i]);
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
