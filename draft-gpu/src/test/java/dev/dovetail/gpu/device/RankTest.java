package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.device.Candidates;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Ranking;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TokenIds;
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

/** The candidates that the GPU which the CPU plays finds, against the sampler's own. */
class RankTest {
  private static final long SEED = 20261122;
  private static final long MEMORY = 1L << 28;
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  /** By how much log-probabilities may differ. */
  private static final float TOLERANCE = 1e-3f;

  private final Random random = new Random(SEED);
  private CudaDevice gpu;
  private int compared;
  private int different;

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, MEMORY);
  }

  @AfterEach
  void close() {
    if (gpu != null) {
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

  private Candidates rank(
      SamplingOptions options,
      int vocabulary,
      int[] ids,
      float[] logits,
      int count,
      int width,
      int length,
      int[][] contexts) {
    int n = contexts.length;
    Rows all = Rows.allocate(gpu, n, count + 5);
    float[] padded = numbers(n * (count + 5), 1000);
    for (int i = 0; i < n; i++) {
      System.arraycopy(logits, i * count, padded, i * (count + 5) + 3, count);
    }
    gpu.write(padded, 0, n, all);
    Candidates out = new Candidates();
    TokenIds tokens = ids == null ? null : gpu.tokenIds(ids);
    Sampler sampler = new Sampler(options, vocabulary);
    gpu.rank(
        all.columns(3, count),
        n,
        new Ranking(sampler, tokens, width, length, i -> contexts[i]),
        out);
    float[] after = new float[padded.length];
    gpu.read(all, n, after, 0);
    assertThat(after).as("the logits").isEqualTo(padded);
    if (tokens != null) {
      tokens.close();
    }
    all.buffer().close();
    return out;
  }

  /** Ranks rows on the GPU and by the sampler; the same but where two scores are nearly equal. */
  private void compare(
      String what, SamplingOptions options, int vocabulary, int[] ids, float[] logits, int width) {
    int count = ids == null ? vocabulary : ids.length;
    int n = logits.length / count;
    int length = 11;
    int[][] contexts = new int[n][];
    for (int i = 0; i < n; i++) {
      contexts[i] = random.ints(length, 0, vocabulary).toArray();
      // The likeliest are penalised too, the first of them twice.
      int[] best = best(logits, i * count, count);
      for (int j = 0; j < 4; j++) {
        int entry = best[j % Math.min(3, count)];
        contexts[i][length - 1 - 2 * j] = ids == null ? entry : ids[entry];
      }
    }
    Candidates actual = rank(options, vocabulary, ids, logits, count, width, length, contexts);
    Sampler sampler = new Sampler(options, vocabulary);
    int wider = Math.min(count, width + 20);
    for (int i = 0; i < n; i++) {
      int[] tokens = new int[wider];
      float[] logs = new float[wider];
      int all =
          sampler.rank(logits, i * count, count, ids, contexts[i], length, wider, tokens, logs);
      int found = Math.min(all, width);
      String row = "%s, row %d, %s".formatted(what, i, options);
      assertThat(actual.count(i)).as(row).isEqualTo(found);
      for (int j = 0; j < found; j++) {
        String where = "%s, candidate %d".formatted(row, j);
        compared++;
        different += actual.token(i, j) == tokens[j] ? 0 : 1;
        int at = j;
        while (at < all && tokens[at] != actual.token(i, j)) {
          at = at == j && at > 0 && tokens[at - 1] == actual.token(i, j) ? at - 1 : at + 1;
        }
        // Its neighbour at most, whose score is nearly equal.
        assertThat(Math.abs(at - j)).as(where + ", token " + actual.token(i, j)).isLessThan(2);
        assertThat(actual.logProbability(i, j)).as(where).isCloseTo(logs[at], within(TOLERANCE));
      }
    }
  }

  private static int[] best(float[] logits, int offset, int count) {
    return IntStream.range(0, count)
        .boxed()
        .sorted((a, b) -> Float.compare(logits[offset + b], logits[offset + a]))
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
    Candidates found = rank(options, 6000, null, logits, 6000, 7, 1, new int[][] {{0}});
    assertThat(IntStream.range(0, 7).map(i -> found.token(0, i)))
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
    Candidates found = rank(options, count, null, logits, count, 5, 1, new int[6][1]);
    assertThat(IntStream.range(0, 6).map(found::count)).containsExactly(0, 0, 0, 1, 5, 0);
    assertThat(found.token(3, 0)).isEqualTo(2500);
    assertThat(found.logProbability(3, 0)).isZero();
  }

  /** A penalty that makes an infinity of a logit leaves the row without candidates. */
  @Test
  void anOverflowingPenaltyLeavesNothing() {
    SamplingOptions options = SamplingOptions.GREEDY.withRepeatPenalty(1e-20f, 4);
    float[] logits = {1e30f, 0, 1e30f, 0};
    Candidates found = rank(options, 2, null, logits, 2, 1, 1, new int[][] {{0}, {1}});
    assertThat(found.count(0)).isZero();
    assertThat(found.token(1, 0)).isZero();
  }

  @Test
  void rowsDoNotDependOnTheirCompany() {
    SamplingOptions options = SamplingOptions.of(0.8f, 9);
    float[] logits = numbers(5 * 7000, 2);
    Candidates together = rank(options, 7000, null, logits, 7000, 10, 1, new int[5][1]);
    for (int i = 0; i < 5; i++) {
      float[] one = Arrays.copyOfRange(logits, i * 7000, (i + 1) * 7000);
      Candidates alone = rank(options, 7000, null, one, 7000, 10, 1, new int[1][1]);
      for (int j = 0; j < 10; j++) {
        assertThat(alone.token(0, j)).isEqualTo(together.token(i, j));
        assertThat(alone.logProbability(0, j)).isEqualTo(together.logProbability(i, j));
      }
    }
  }

  @Test
  void memoryIsCountedAndGivenBack() {
    long before = gpu.usedBytes();
    TokenIds ids = gpu.tokenIds(new int[] {1, 4, 9});
    assertThat(gpu.usedBytes()).isEqualTo(before + 12);
    ids.close();
    assertThat(gpu.usedBytes()).isEqualTo(before);
  }

  @Test
  void aWidthBeyondTheKernelsIsRefused() {
    assertThatThrownBy(() ->
            rank(SamplingOptions.GREEDY, 100, null, new float[100], 100, 65, 0, new int[1][1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a width of 65; wanted up to 64");
  }
}
