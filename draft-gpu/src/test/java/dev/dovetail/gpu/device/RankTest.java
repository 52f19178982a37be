package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TokenIds;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The candidates that the GPU which the CPU plays finds, against the sampler's own: each row makes
 * the first level of a tree, where the likeliest token comes first.
 */
class RankTest {
  private static final long SEED = 20261122;
  private static final long MEMORY = 1L << 28;
  private static final float INFINITY = Float.POSITIVE_INFINITY;
  private static final int[] NONE_GIVEN = {};

  /** By how much log-probabilities may differ. */
  private static final float TOLERANCE = 1e-3f;

  private final Random random = new Random(SEED);
  private CudaDevice gpu;
  private DraftTree tree;
  private int compared;
  private int different;

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, MEMORY);
    tree = gpu.draftTree(64);
  }

  @AfterEach
  void close() {
    if (gpu != null) {
      tree.close();
      gpu.close();
    }
  }

  private float[] numbers(int count, float spread) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = spread * (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Every so many tokens, none of a vocabulary's first and last ones left out. */
  private int[] someOf(int vocabulary, int count) {
    return IntStream.concat(
            IntStream.of(0, vocabulary - 1),
            random.ints(1, vocabulary - 1).distinct().limit(count - 2L))
        .sorted()
        .toArray();
  }

  private DraftNodes rank(
      SamplingOptions options, int vocabulary, int[] ids, float[] row, int width, int[] context) {
    int count = row.length;
    Rows all = Rows.allocate(gpu, 1, count + 5);
    float[] padded = numbers(count + 5, 1000);
    System.arraycopy(row, 0, padded, 3, count);
    gpu.write(padded, 0, 1, all);
    TokenIds tokens = ids == null ? null : gpu.tokenIds(ids);
    tree.begin(
        new TreeGrowth(
            new Sampler(options, vocabulary),
            tokens,
            context,
            context.length,
            NONE_GIVEN,
            new int[] {width},
            TreeGrowth.NO_FLOOR),
        0);
    tree.grow(all.columns(3, count));
    DraftNodes nodes = tree.read();
    float[] after = new float[padded.length];
    gpu.read(all, 1, after, 0);
    assertThat(after).as("the logits").isEqualTo(padded);
    if (tokens != null) {
      tokens.close();
    }
    all.buffer().close();
    assertThat(IntStream.of(nodes.parents())).allMatch(parent -> parent == -1);
    return nodes;
  }

  /** Ranks rows on the GPU and by the sampler; the same but where two scores are nearly equal. */
  private void compare(
      String what, SamplingOptions options, int vocabulary, int[] ids, float[] logits, int width) {
    int count = ids == null ? vocabulary : ids.length;
    for (int from = 0; from < logits.length; from += count) {
      float[] row = Arrays.copyOfRange(logits, from, from + count);
      int[] context = random.ints(11, 0, vocabulary).toArray();
      // The likeliest are penalised too, the first of them twice.
      int[] best = best(row);
      for (int j = 0; j < 4; j++) {
        int entry = best[j % Math.min(3, count)];
        context[10 - 2 * j] = ids == null ? entry : ids[entry];
      }
      String where = "%s, row at %d, %s".formatted(what, from, options);
      compare(where, options, vocabulary, ids, row, width, context);
    }
  }

  private void compare(
      String where,
      SamplingOptions options,
      int vocabulary,
      int[] ids,
      float[] row,
      int width,
      int[] context) {
    int wider = Math.min(row.length, width + 20);
    int[] tokens = new int[wider];
    float[] logs = new float[wider];
    int all =
        new Sampler(options, vocabulary)
            .rank(row, 0, row.length, ids, context, context.length, wider, tokens, logs);
    DraftNodes actual = rank(options, vocabulary, ids, row, width, context);
    int found = Math.min(all, width);
    assertThat(actual.tokens()).as(where).hasSize(found).doesNotHaveDuplicates();
    for (int j = 0; j < found; j++) {
      int token = actual.tokens()[j];
      int at = IntStream.range(0, all).filter(i -> tokens[i] == token).findFirst().orElse(-1);
      String candidate = "%s, candidate %d, token %d".formatted(where, j, token);
      compared++;
      different += at < found ? 0 : 1;
      // The first of those left out at most, whose score is nearly equal.
      assertThat(at).as(candidate).isBetween(0, found);
      float log = actual.logProbabilities()[j];
      assertThat(log).as(candidate).isCloseTo(logs[at], within(TOLERANCE));
      if (j > 0) {
        assertThat(log).as(candidate).isLessThanOrEqualTo(actual.logProbabilities()[j - 1]);
      }
    }
  }

  private static int[] best(float[] row) {
    return IntStream.range(0, row.length)
        .boxed()
        .sorted((a, b) -> Float.compare(row[b], row[a]))
        .limit(3)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 0.3f, 0.8f, 1.5f})
  void findsWhatTheSamplerFinds(float temperature) {
    SamplingOptions plain = SamplingOptions.of(temperature, 0x9e3779b97f4a7c15L);
    for (SamplingOptions options :
        new SamplingOptions[] {
          plain, plain.withRepeatPenalty(1.3f, 8), plain.withRepeatPenalty(0.7f, 64)
        }) {
      for (int width : new int[] {1, 2, 10, 64}) {
        String what = "width " + width;
        compare(what, options, 5000, null, numbers(3 * 5000, 3), width);
        int[] ids = someOf(49152, 8192);
        compare(what + " of a part", options, 49152, ids, numbers(2 * 8192, 3), width);
        int[] few = someOf(1 << 20, 300);
        compare(what + " of a large one", options, 1 << 20, few, numbers(2 * 300, 3), width);
      }
      compare("one row of many logits", options, 151_936, null, numbers(151_936, 4), 10);
    }
    assertThat(different).as("of %d", compared).isLessThan(1 + compared / 200);
  }

  /** Equal logits are ranked by the noise alone, and by its tail. */
  @Test
  void theNoiseIsTheSamplers() {
    for (long seed = 0; seed < 3; seed++) {
      SamplingOptions options = SamplingOptions.of(1, SEED << 20 ^ seed);
      compare("equal logits", options, 151_936, null, new float[151_936], 64);
      int[] ids = someOf(40_000, 900);
      compare("equal logits of a part", options, 40_000, ids, new float[900], 64);
    }
    assertThat(different).as("of %d", compared).isLessThan(3);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 10", "255, 3", "256, 3", "257, 64", "2048, 2", "2049, 2"})
  void ranksRowsOfAnyWidth(int count, int width) {
    for (float temperature : new float[] {0, 1}) {
      SamplingOptions options = SamplingOptions.of(temperature, -3);
      compare(count + " logits", options, count, null, numbers(4 * count, 2), width);
    }
  }

  @Test
  void tiesGoToTheLowestToken() {
    SamplingOptions options = SamplingOptions.GREEDY;
    float[] logits = new float[6000];
    Arrays.fill(logits, -1);
    for (int i : new int[] {5999, 2047, 2048, 300, 44}) {
      logits[i] = 7;
    }
    assertThat(rank(options, 6000, null, logits, 7, new int[1]).tokens())
        .containsExactly(44, 300, 2047, 2048, 5999, 0, 1);
    compare("zeros of both signs", options, 3, null, new float[] {-1, -0.0f, 0}, 3);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 0.8f})
  void whatIsNotFinite(float temperature) {
    SamplingOptions options = SamplingOptions.of(temperature, 5);
    int count = 4100;
    float[] logits = numbers(6 * count, 2);
    logits[3] = Float.NaN;
    logits[count + 4099] = INFINITY;
    Arrays.fill(logits, 2 * count, 3 * count, -INFINITY);
    Arrays.fill(logits, 3 * count, 4 * count, -INFINITY);
    logits[3 * count + 2500] = -40;
    Arrays.fill(logits, 4 * count, 4 * count + 2100, -INFINITY);
    Arrays.fill(logits, 5 * count, 6 * count, Float.NaN);
    compare("what is not finite", options, count, null, logits, 5);
    int[] counts = {0, 0, 0, 1, 5, 0};
    for (int i = 0; i < counts.length; i++) {
      float[] row = Arrays.copyOfRange(logits, i * count, (i + 1) * count);
      assertThat(rank(options, count, null, row, 5, new int[1]).tokens()).hasSize(counts[i]);
    }
    float[] single = Arrays.copyOfRange(logits, 3 * count, 4 * count);
    DraftNodes found = rank(options, count, null, single, 5, new int[1]);
    assertThat(found.tokens()).containsExactly(2500);
    assertThat(found.logProbabilities()).containsExactly(0);
  }

  /** A penalty that makes an infinity of a logit leaves the row without candidates. */
  @Test
  void anOverflowingPenaltyLeavesNothing() {
    SamplingOptions options = SamplingOptions.GREEDY.withRepeatPenalty(1e-20f, 4);
    float[] logits = {1e30f, 0};
    assertThat(rank(options, 2, null, logits, 1, new int[] {0}).tokens()).isEmpty();
    assertThat(rank(options, 2, null, logits, 1, new int[] {1}).tokens()).containsExactly(0);
  }

  @Test
  void memoryIsCountedAndGivenBack() {
    long before = gpu.usedBytes();
    TokenIds ids = gpu.tokenIds(new int[] {1, 4, 9});
    assertThat(gpu.usedBytes()).isEqualTo(before + 12);
    ids.close();
    assertThat(gpu.usedBytes()).isEqualTo(before);
    rank(SamplingOptions.GREEDY, 9, null, new float[9], 2, new int[1]);
    assertThat(gpu.heldBytes().orElseThrow()).isEqualTo(gpu.usedBytes()).isPositive();
    tree.close();
    assertThat(gpu.usedBytes()).isEqualTo(before);
    tree = gpu.draftTree(64);
  }

  @Test
  void aTreeBeyondItsRoomIsRefused() {
    assertThatThrownBy(
            () -> rank(SamplingOptions.GREEDY, 100, null, new float[100], 65, new int[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tree of 65 nodes; there is room for 64");
    try (DraftTree larger = gpu.draftTree(65)) {
      TreeGrowth growth =
          new TreeGrowth(
              new Sampler(SamplingOptions.GREEDY, 9),
              null,
              new int[1],
              1,
              NONE_GIVEN,
              new int[] {65},
              TreeGrowth.NO_FLOOR);
      assertThatThrownBy(() -> larger.begin(growth, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a level of 65 nodes; wanted up to 64");
    }
  }
}
