package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is chosen over many positions, against the softmax that it should follow. */
final class SamplerDistributionTest {
  private static final int POSITIONS = 100_000;
  private static final float NEVER = Float.NEGATIVE_INFINITY;
  private static final SamplingOptions ONE = SamplingOptions.of(1, 20260401);

  /** Ten logits, and the token ids they stand at: in one group, or over several. */
  static Stream<Arguments> settings() {
    float[] steps = {0, 0.5f, 1, 1.5f, 2, -0.5f, -1, -1.5f, -2, 0.25f};
    float[] equal = new float[10];
    float[] holes = {1, NEVER, 1, NEVER, 0, NEVER, 2, NEVER, NEVER, 1};
    float[] peaked = {6, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    float[] oneHot = {NEVER, NEVER, NEVER, 3, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER};
    int[] near = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    int[] far = {0, 1, 255, 256, 300, 511, 512, 1023, 1500, 1999};
    return Stream.of(
        Arguments.of("steps", ONE, steps, near),
        Arguments.of("steps, several groups", ONE, steps, far),
        Arguments.of("cool", ONE.withTemperature(0.4f), steps, near),
        Arguments.of("hot", ONE.withTemperature(3), steps, far),
        Arguments.of("another seed", ONE.withSeed(-1), steps, near),
        Arguments.of("equal", ONE, equal, near),
        Arguments.of("equal, several groups", ONE, equal, far),
        Arguments.of("holes", ONE, holes, near),
        Arguments.of("peaked", ONE, peaked, far),
        Arguments.of("one-hot", ONE, oneHot, near),
        Arguments.of("top-k", ONE.withTopK(4), steps, near),
        Arguments.of("top-p", ONE.withTopP(0.8f), steps, far),
        Arguments.of("min-p", ONE.withMinP(0.2f).withTemperature(1.5f), steps, near));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("settings")
  void followsTheSoftmax(String name, SamplingOptions options, float[] logits, int[] tokens) {
    float[] row = new float[tokens[9] + 1];
    Arrays.fill(row, NEVER);
    for (int i = 0; i < 10; i++) {
      row[tokens[i]] = logits[i];
    }
    long[] count = new long[row.length];
    Sampler sampler = new Sampler(options, row.length);
    int[] context = new int[POSITIONS];
    for (int position = 0; position < POSITIONS; position++) {
      count[sampler.choose(row, 0, context, position)]++;
    }
    double[] expected = softmax(options, logits);
    double[] observed = Arrays.stream(tokens).mapToDouble(t -> count[t]).toArray();
    assertThat(Arrays.stream(observed).sum()).as("only these tokens").isEqualTo(POSITIONS);
    assertChiSquare(name + ", " + options, observed, expected);
  }

  /** Neighbouring positions: 100,000 pairs of five equal tokens fill 25 equal cells. */
  @Test
  void neighbouringPositionsAreIndependent() {
    double[] pairs = new double[25];
    Sampler sampler = new Sampler(ONE, 5);
    float[] row = new float[5];
    int[] context = new int[2 * POSITIONS];
    for (int i = 0; i < POSITIONS; i++) {
      int first = sampler.choose(row, 0, context, 2 * i);
      pairs[5 * first + sampler.choose(row, 0, context, 2 * i + 1)]++;
    }
    double[] expected = new double[25];
    Arrays.fill(expected, 1.0 / 25);
    assertChiSquare("pairs, " + ONE, pairs, expected);
  }

  /** The noise itself: sorted into sixteen equal slices of the Gumbel distribution. */
  @ParameterizedTest
  @MethodSource("tokenPairs")
  void noiseOfTwoTokensIsIndependentGumbel(int a, int b) {
    double[] cells = new double[256];
    GumbelNoise noise = new GumbelNoise(99);
    for (int position = 0; position < POSITIONS; position++) {
      cells[16 * slice(noise, position, a) + slice(noise, position, b)]++;
    }
    double[] expected = new double[256];
    Arrays.fill(expected, 1.0 / 256);
    assertChiSquare("tokens " + a + " and " + b, cells, expected);
  }

  static Stream<Arguments> tokenPairs() {
    return Stream.of(Arguments.of(0, 1), Arguments.of(7, 255), Arguments.of(7, 263));
  }

  private static int slice(GumbelNoise noise, int position, int token) {
    noise.enter(position, token >>> GumbelNoise.GROUP_SHIFT);
    return (int) (16 * Math.exp(-Math.exp(-noise.of(token))));
  }

  /** The cuts of these options, worked out on sorted probabilities at temperature 1. */
  private static double[] softmax(SamplingOptions options, float[] logits) {
    double[] p = normal(logits, 1);
    double[] sorted = Arrays.stream(p).sorted().toArray();
    double least = 0;
    if (options.topK() > 0) {
      least = sorted[10 - options.topK()];
    }
    if (options.topP() < 1) {
      double sum = 0;
      for (int i = 9; sum < options.topP(); i--) {
        sum += sorted[i];
        least = sorted[i];
      }
    }
    least = Math.max(least, options.minP() * sorted[9]);
    float[] kept = logits.clone();
    for (int i = 0; i < 10; i++) {
      if (p[i] < least) {
        kept[i] = NEVER;
      }
    }
    return normal(kept, options.temperature());
  }

  private static double[] normal(float[] logits, double temperature) {
    double[] p = new double[logits.length];
    Arrays.setAll(p, i -> Math.exp(logits[i] / temperature));
    double total = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / total).toArray();
  }

  /**
   * Chi-square with n - 1 degrees of freedom has mean n - 1 and variance 2 (n - 1); the bound lies
   * five standard deviations above. A cell of probability zero must be empty.
   */
  private static void assertChiSquare(String what, double[] observed, double[] probability) {
    double samples = Arrays.stream(observed).sum();
    double chiSquare = 0;
    int freedom = -1;
    for (int i = 0; i < observed.length; i++) {
      if (probability[i] == 0) {
        assertThat(observed[i]).as(what + ", cell " + i + " of probability zero").isZero();
        continue;
      }
      double expected = samples * probability[i];
      chiSquare += (observed[i] - expected) * (observed[i] - expected) / expected;
      freedom++;
    }
    assertThat(chiSquare)
        .as(what + ", " + Arrays.toString(observed))
        .isLessThanOrEqualTo(freedom + 5 * Math.sqrt(2.0 * freedom) + 1e-9);
  }
}
