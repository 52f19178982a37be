package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.cpu.CpuDeviceProvider;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TokenIds;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.HostDriver;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees that grow on the GPU which the CPU plays, against those of the CPU. */
class DraftTreeTest {
  private static final long SEED = 20261123;
  private static final long MEMORY = 1L << 28;
  private static final int MOST_NODES = 64;

  /** By how much log-probabilities may differ. */
  private static final float TOLERANCE = 1e-3f;

  private final Random random = new Random(SEED);
  private Device cpu;
  private CudaDevice gpu;
  private DraftTree expected;
  private DraftTree actual;

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    cpu = new CpuDeviceProvider().open(new DeviceOptions(1, KvType.F32, 0));
    gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, MEMORY);
    expected = cpu.draftTree(MOST_NODES);
    actual = gpu.draftTree(MOST_NODES);
  }

  @AfterEach
  void close() {
    if (gpu != null) {
      actual.close();
      expected.close();
      gpu.close();
      cpu.close();
    }
  }

  /** What a tree grows from, on any device. */
  private record Case(
      SamplingOptions options,
      int vocabulary,
      int[] ids,
      int[] context,
      int[] given,
      int[] widths,
      float[][] logits) {
    int entries() {
      return ids == null ? vocabulary : ids.length;
    }
  }

  private static DraftNodes grow(Case from, Device device, DraftTree tree) {
    TokenIds ids = from.ids == null ? null : device.tokenIds(from.ids);
    int given = from.given.length;
    int levels = given + from.widths.length;
    tree.begin(
        new TreeGrowth(
            new Sampler(from.options, from.vocabulary),
            ids,
            Arrays.copyOf(from.context, from.context.length + levels),
            from.context.length,
            from.given,
            from.widths,
            TreeGrowth.NO_FLOOR),
        3);
    TreeBatch batch = new TreeBatch(MOST_NODES);
    batch.reset(3);
    int entries = from.entries();
    Rows rows = Rows.allocate(device, MOST_NODES, entries + 5);
    boolean more = true;
    for (int level = 0; more && level < levels; level++) {
      if (level >= given) {
        float[] logits = from.logits[level - given];
        for (int i = 0; i < logits.length / entries; i++) {
          device.write(logits, i * entries, 1, rows.from(i).columns(3, entries));
        }
        tree.grow(rows.columns(3, entries));
      }
      batch.advance();
      more = tree.addLevel(batch);
      int width = level < given ? 1 : from.widths[level - given];
      assertThat(batch.size()).isEqualTo(width);
      assertThat(batch.position(batch.first())).isEqualTo(3 + level);
    }
    DraftNodes nodes = tree.read();
    assertThat(nodes.nanos()).isNotNegative();
    rows.buffer().close();
    if (ids != null) {
      ids.close();
    }
    return nodes;
  }

  private void compare(String what, Case from) {
    DraftNodes wanted = grow(from, cpu, expected);
    DraftNodes found = grow(from, gpu, actual);
    assertThat(found.tokens()).as(what).isEqualTo(wanted.tokens());
    assertThat(found.parents()).as(what).isEqualTo(wanted.parents());
    for (int i = 0; i < wanted.tokens().length; i++) {
      assertThat(found.logProbabilities()[i])
          .as("%s, node %d", what, i)
          .isCloseTo(wanted.logProbabilities()[i], within(TOLERANCE));
    }
  }

  private Case random(SamplingOptions options, int vocabulary, int[] ids, int given, int[] widths) {
    int entries = ids == null ? vocabulary : ids.length;
    float[][] logits = new float[widths.length][];
    for (int level = 0; level < widths.length; level++) {
      int rows = level == 0 ? 1 : widths[level - 1];
      logits[level] = new float[rows * entries];
      for (int i = 0; i < logits[level].length; i++) {
        logits[level][i] = 3 * (float) random.nextGaussian();
      }
    }
    // Tokens of few different kinds, so that the penalty meets what was guessed.
    int kinds = Math.min(40, entries);
    return new Case(
        options,
        vocabulary,
        ids,
        tokens(20, kinds, ids),
        tokens(given, kinds, ids),
        widths,
        logits);
  }

  private int[] tokens(int count, int kinds, int[] ids) {
    return random.ints(count, 0, kinds).map(i -> ids == null ? i : ids[i]).toArray();
  }

  private static int[][] shapes() {
    return new int[][] {
      {1}, {1, 1, 1, 1, 1, 1}, {2, 2, 2, 2}, {10, 10, 10}, {1, 7, 3, 12}, {32, 24}
    };
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 0.8f})
  void growsTheTreesOfTheCpu(float temperature) {
    int[] ids = random.ints(0, 900).distinct().limit(300).sorted().toArray();
    SamplingOptions plain = SamplingOptions.of(temperature, 77);
    for (SamplingOptions options :
        new SamplingOptions[] {
          plain,
          plain.withRepeatPenalty(1.5f, 64),
          plain.withRepeatPenalty(3, 2),
          plain.withRepeatPenalty(0.6f, 1)
        }) {
      for (int[] widths : shapes()) {
        for (int given : new int[] {0, 1, 5}) {
          String what = "%s, %d given, %s".formatted(Arrays.toString(widths), given, options);
          compare(what, random(options, 2500, null, given, widths));
          compare(what + ", a part", random(options, 900, ids, given, widths));
        }
      }
    }
  }

  /** The path's own tokens are so unlikely that they come once on a path, or within the window. */
  @Test
  void thePathIsPenalisedAsFarAsTheWindowReaches() {
    for (int window : new int[] {1, 2, 3, 100}) {
      SamplingOptions options = SamplingOptions.GREEDY.withRepeatPenalty(1000, window);
      int[] widths = {1, 1, 1, 1, 1, 1};
      float[] row = {1, 2, 3, 4, 5, 6, 7};
      float[][] logits = new float[widths.length][];
      Arrays.fill(logits, row);
      int[] given = {6};
      Case from = new Case(options, 7, null, new int[] {0, 0, 5}, given, widths, logits);
      compare("window of " + window, from);
      int[] tokens = grow(from, gpu, actual).tokens();
      int[] once =
          switch (window) {
            case 1 -> new int[] {6, 5, 6, 5, 6, 5, 6};
            case 2 -> new int[] {6, 4, 5, 6, 4, 5, 6};
            case 3 -> new int[] {6, 4, 3, 5, 6, 4, 3};
            default -> new int[] {6, 4, 3, 2, 1, 6, 6};
          };
      assertThat(tokens).as("window of " + window).isEqualTo(once);
    }
  }

  /** Rows without candidates, with too few, with none at all; what is missing shows nowhere. */
  @Test
  void levelsThatLackCandidatesAreShorter() {
    for (int[] widths : new int[][] {{4, 4, 4}, {3, 8, 2, 5}, {10, 10, 10}}) {
      for (int round = 0; round < 20; round++) {
        Case from = random(SamplingOptions.GREEDY, 12, null, round % 3, widths);
        for (float[] rows : from.logits) {
          for (int i = 0; i < rows.length; i++) {
            if (random.nextInt(12) < 10) {
              rows[i] = Float.NEGATIVE_INFINITY;
            } else if (random.nextInt(80) == 0) {
              rows[i] = Float.NaN;
            }
          }
        }
        compare("round %d, %s".formatted(round, Arrays.toString(widths)), from);
      }
    }
    Case none = random(SamplingOptions.GREEDY, 12, null, 2, new int[] {4, 4});
    none.logits[0][3] = Float.NaN;
    compare("none", none);
    assertThat(grow(none, gpu, actual).tokens()).isEqualTo(none.given);
  }

  /** Equal paths stay in the order of their parents, and then of their tokens. */
  @Test
  void tiesGoToTheFirstParent() {
    Case equal = random(SamplingOptions.GREEDY, 600, null, 0, new int[] {3, 5, 4});
    for (float[] rows : equal.logits) {
      Arrays.fill(rows, 1);
    }
    compare("equal logits", equal);
    DraftNodes nodes = grow(equal, gpu, actual);
    assertThat(nodes.tokens()).containsExactly(0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3);
    assertThat(nodes.parents()).containsExactly(-1, -1, -1, 0, 0, 0, 0, 0, 3, 3, 3, 3);
  }

  @Test
  void aTreeThatIsNotGrownToItsEndHasWhatWasGrown() {
    Case from = random(SamplingOptions.GREEDY, 50, null, 2, new int[] {3, 3});
    TreeGrowth growth =
        new TreeGrowth(
            new Sampler(from.options, 50),
            null,
            new int[9],
            3,
            from.given,
            from.widths,
            TreeGrowth.NO_FLOOR);
    actual.begin(growth, 0);
    assertThat(actual.read().tokens()).isEqualTo(from.given);
    grow(from, gpu, actual);
    actual.begin(growth, 0);
    Rows row = Rows.allocate(gpu, 1, 50);
    gpu.write(from.logits[0], 0, 1, row);
    actual.grow(row);
    DraftNodes nodes = actual.read();
    assertThat(nodes.tokens()).hasSize(5);
    assertThat(nodes.parents()).containsExactly(-1, 0, 1, 1, 1);
    row.buffer().close();
  }

  @Test
  void aRowDoesNotDependOnItsCompany() {
    SamplingOptions options = SamplingOptions.of(0.8f, 9);
    Case from = random(options, 7000, null, 0, new int[] {5, 40});
    DraftNodes together = grow(from, gpu, actual);
    for (int i = 0; i < 5; i++) {
      int token = together.tokens()[i];
      int row = i;
      int[] children =
          IntStream.range(5, 45).filter(node -> together.parents()[node] == row).toArray();
      Case alone =
          new Case(
              options,
              7000,
              null,
              from.context,
              new int[] {token},
              new int[] {40},
              new float[][] {Arrays.copyOfRange(from.logits[1], i * 7000, (i + 1) * 7000)});
      DraftNodes single = grow(alone, gpu, actual);
      for (int child : children) {
        int at =
            1
                + IntStream.range(0, 40)
                    .filter(j -> single.tokens()[1 + j] == together.tokens()[child])
                    .findFirst()
                    .orElseThrow();
        assertThat(single.logProbabilities()[at]).isEqualTo(together.logProbabilities()[child]);
      }
    }
  }
}
