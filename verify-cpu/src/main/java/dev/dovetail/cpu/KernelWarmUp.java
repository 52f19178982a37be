package dev.dovetail.cpu;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls each kernel a few times on next to nothing, so that the JIT compiles it while weights are
 * still being loaded. Until then a kernel is interpreted, and every vector in it is an object: as
 * few as possible are computed that way. Nothing depends on it but time.
 */
final class KernelWarmUp {
  /**
   * Multiplications, and so calls of each kernel for each panel. The launcher's options have a
   * kernel compiled at its tenth call or so, by a profile of those before.
   */
  private static final int CALLS = 6;

  /** Tokens of a call where a prompt comes first: eight and four together, then single steps. */
  private static final List<Integer> PROMPT_FIRST = List.of(12, 1, 2, 3);

  /** And of the rest, of which the first token needs but the head's. */
  private static final List<Integer> HEAD_FIRST = List.of(1, 12, 2, 3);

  /**
   * The sizes are those of models where kernels loop: the JIT's choice of registers follows how
   * often it has seen a loop go round. Warmed up by shorter loops, kernels were up to three times
   * as slow for ever after.
   */
  private static final int COLS = PanelPart.BLOCK_COLS;

  /** Of quantised weights, whose kernels go by blocks, so many that panels are taken two by two. */
  private static final int QUANTISED_COLS = PanamaMatmulKernels.LEAST_COLS_OF_PAIRS;

  private static final int GROUP = 32;

  /**
   * And one that is not whole: two chunks of one panel and two of two, with kernels of their own.
   */
  private static final int WHOLE_PANELS = 5;

  private static final int HEAD_DIM = 64;
  private static final int NODES = 33;

  /** The name of its threads. */
  static final String THREAD = "dovetail-warm-up";

  /** What has been started in this process. */
  private static final Set<Object> STARTED = ConcurrentHashMap.newKeySet();

  private final KernelSettings settings;

  KernelWarmUp(KernelSettings settings) {
    this.settings = settings;
  }

  /**
   * Starts with what every model needs, and the products of 4-bit weights, which most have; returns
   * at once. Later calls do nothing.
   */
  void start() {
    PanelFormat usual = new PanelFormat(WeightKind.FOUR_BIT, ScaleKind.F32_MIN, GROUP, 0);
    start("attention", this::attention);
    start(usual, () -> products(List.of(usual), PROMPT_FIRST));
  }

  /** Starts with what weights of some formats need besides; returns at once. */
  void start(Collection<PanelFormat> formats) {
    List<PanelFormat> left = formats.stream().filter(STARTED::add).toList();
    start(left, () -> products(left, HEAD_FIRST));
  }

  private static void start(Object what, Runnable work) {
    if (STARTED.add(what)) {
      Thread.ofPlatform().daemon().name(THREAD).start(work);
    }
  }

  private void products(Collection<PanelFormat> formats, List<Integer> calls) {
    for (int tokens : calls) {
      formats.forEach(format -> multiply(format, tokens));
    }
  }

  /** Multiplies so many tokens by weights of a format, some times. */
  void multiply(PanelFormat format, int tokens) {
    // Some whole panels, and one that is not.
    int rows = WHOLE_PANELS * PanelPart.ROWS + 1;
    int cols = format.weights().quantised() ? QUANTISED_COLS : COLS;
    try (Arena arena = Arena.ofConfined();
        WorkerPool alone = new WorkerPool(1)) {
      PanelPart shape = new PanelPart(format, 0, rows, cols, MemorySegment.NULL);
      PanelPart part =
          new PanelPart(
              format,
              0,
              rows,
              cols,
              arena.allocate(shape.panels() * shape.panelBytes(), PanelPart.WORD_BYTES));
      Matmul matmul = new Matmul(alone, settings.matmul());
      PanelMatrix matrix = PanelMatrix.of(List.of(part), 1);
      float[] x = new float[tokens * cols];
      float[] y = new float[tokens * rows];
      for (int call = 0; call < CALLS; call++) {
        matmul.multiply(matrix, x, 0, cols, tokens, y, 0, rows, call % 2 == 1);
      }
    }
  }

  /** Runs the operations between the products, some times. */
  void attention() {
    try (WorkerPool alone = new WorkerPool(1)) {
      RowOperations operations = new RowOperations(alone, settings.elements());
      Rows q = rows(NODES, 3 * HEAD_DIM);
      Rows kv = rows(NODES, HEAD_DIM);
      Rows out = rows(NODES, 3 * HEAD_DIM);
      Rows angles = rows(NODES, HEAD_DIM);
      Buffer weight = new CpuBuffer(new float[HEAD_DIM]);
      Attention attention = new Attention(alone, settings.attention());
      TreeBatch batch = new TreeBatch(NODES);
      for (int call = 0; call < CALLS; call++) {
        operations.rmsNorm(kv, HEAD_DIM, weight, 1, 1, kv);
        operations.rope(angles, call % 2 == 0, HEAD_DIM, 1, kv);
        operations.siluMul(kv, kv, 1, kv);
        CpuKvCache cache = new CpuKvCache(1, 1, HEAD_DIM, NODES, KvType.F32);
        batch.reset(0);
        for (int i = 0; i < NODES; i++) {
          batch.add(0, i - 1);
        }
        cache.append(0, batch, kv, kv);
        attention.run(cache, 0, batch, q, 1, out);
      }
    }
  }

  private static Rows rows(int tokens, int width) {
    return new Rows(new CpuBuffer(new float[tokens * width]), 0, width, width);
  }
}
