package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The sampler against {@link ReferenceSampler}, which draws noise for every token. */
final class SamplerExactnessTest {
  /** Around the group of 256 tokens, and several groups with a partial last one. */
  private static final int[] VOCABULARIES = {1, 2, 10, 255, 256, 257, 1000, 2811};

  private static Stream<Arguments> cases() {
    SamplingOptions warm = SamplingOptions.of(0.8f, 11);
    List<SamplingOptions> options =
        List.of(
            SamplingOptions.GREEDY,
            SamplingOptions.GREEDY.withRepeatPenalty(1.3f, 8),
            warm,
            warm.withTemperature(0.05f),
            warm.withTemperature(1e-40f),
            warm.withTemperature(30),
            warm.withTopK(1),
            warm.withTopK(5),
            warm.withTopK(40),
            warm.withTopK(300),
            warm.withTopP(1e-6f),
            warm.withTopP(0.5f),
            warm.withTopP(0.95f),
            warm.withTopP(0.9999f),
            warm.withMinP(0.05f),
            warm.withMinP(1),
            warm.withRepeatPenalty(1.2f, 64),
            warm.withRepeatPenalty(0.5f, 3),
            warm.withTopK(20).withTopP(0.8f).withMinP(0.02f).withRepeatPenalty(1.1f, 16),
            warm.withTemperature(2).withTopK(400).withTopP(0.97f).withMinP(0.001f));
    return Arrays.stream(VOCABULARIES)
        .boxed()
        .flatMap(v -> options.stream().map(o -> Arguments.of(v, o)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameAsDrawingEverything(int vocabulary, SamplingOptions base) {
    Random random = new Random(vocabulary);
    int[] context = random.ints(40, 0, vocabulary).toArray();
    int[] tokens = new int[vocabulary];
    float[] logProbs = new float[vocabulary];
    for (int trial = 0; trial < 24; trial++) {
      SamplingOptions options = base.withSeed(random.nextLong());
      Sampler sampler = new Sampler(options, vocabulary);
      float[] logits = row(random, trial, vocabulary);
      int length = random.nextInt(context.length + 1);
      String what = "vocabulary " + vocabulary + ", trial " + trial + ", " + options;

      int offset = random.nextInt(20);
      float[] padded = new float[offset + vocabulary + 7];
      Arrays.fill(padded, Float.NaN);
      System.arraycopy(logits, 0, padded, offset, vocabulary);
      float[] before = padded.clone();
      assertThat(sampler.choose(padded, offset, context, length))
          .as(what)
          .isEqualTo(ReferenceSampler.choose(options, logits, context, length));

      List<Integer> expected = ReferenceSampler.rank(options, logits, null, context, length);
      int width = 1 + random.nextInt(Math.min(vocabulary, 12));
      int found =
          sampler.rank(padded, offset, vocabulary, null, context, length, width, tokens, logProbs);
      assertThat(Arrays.stream(tokens, 0, found).boxed().toList())
          .as(what)
          .isEqualTo(expected.subList(0, Math.min(width, expected.size())));
      assertThat(padded).as("the caller's logits").isEqualTo(before);
    }
  }

  /** Normal, coarse (many ties), peaked, with holes, and equal rows. */
  static float[] row(Random random, int kind, int vocabulary) {
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      float x = (float) random.nextGaussian();
      logits[i] =
          switch (kind % 6) {
            case 0 -> 3 * x;
            case 1 -> Math.round(x);
            case 2 -> x + (random.nextInt(vocabulary) == 0 ? 20 : 0);
            case 3 -> random.nextBoolean() ? Float.NEGATIVE_INFINITY : 5 * x;
            case 4 -> -2.5f;
            default -> x * 1e4f;
          };
    }
    logits[random.nextInt(vocabulary)] = 0.0f;
    logits[random.nextInt(vocabulary)] = -0.0f;
    return logits;
  }
}
