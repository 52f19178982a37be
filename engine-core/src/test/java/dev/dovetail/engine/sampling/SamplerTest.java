package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SamplerTest {
  private static final float NEVER = Float.NEGATIVE_INFINITY;
  private static final SamplingOptions GREEDY = SamplingOptions.GREEDY;
  private static final SamplingOptions HOT = SamplingOptions.of(100, 1);
  private static final int[] NOTHING = {};

  static Stream<Arguments> greedyCases() {
    return Stream.of(
        Arguments.of("largest", GREEDY, row(1, 3, 2), NOTHING, 1),
        Arguments.of("tie: lowest token", GREEDY, row(1, 3, 3, 3), NOTHING, 1),
        Arguments.of("all equal", GREEDY, row(-1, -1, -1), NOTHING, 0),
        Arguments.of("zero and minus zero tie", GREEDY, row(-1, -0.0f, 0), NOTHING, 1),
        Arguments.of("-infinity never wins", GREEDY, row(NEVER, -1e30f), NOTHING, 1),
        Arguments.of("one token", GREEDY, row(-5), NOTHING, 0),
        Arguments.of("cuts do not matter", cut(GREEDY), row(1, 3, 2), NOTHING, 1),
        Arguments.of("positive is divided", penalty(2, 64), row(3, 2), tokens(0), 1),
        Arguments.of("negative is multiplied", penalty(2, 64), row(-1, -1.5f), tokens(0), 1),
        Arguments.of("once for each token", penalty(2, 64), row(5, 2), tokens(0, 0, 0), 0),
        Arguments.of("penalised into a tie", penalty(2, 64), row(2, 4), tokens(1), 0),
        Arguments.of("outside the window", penalty(2, 2), row(3, 2, 0), tokens(0, 2, 2), 0),
        Arguments.of("inside the window", penalty(2, 3), row(3, 2, 0), tokens(0, 2, 2), 1),
        Arguments.of("a window of none", penalty(2, 0), row(3, 2), tokens(0), 0),
        Arguments.of("a reward", penalty(0.5f, 64), row(2, 3), tokens(0), 0),
        Arguments.of("-infinity penalised", penalty(2, 64), row(NEVER, -9), tokens(0), 1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("greedyCases")
  void greedy(String name, SamplingOptions options, float[] logits, int[] context, int expected) {
    Sampler sampler = new Sampler(options, logits.length);
    assertThat(sampler.choose(logits, 0, context, context.length)).as(name).isEqualTo(expected);
  }

  /** Weights of 4, 2, 1 and 1 eighth: logarithms of a power of two at temperature 1. */
  private static final float[] EIGHTHS = {ln(1), ln(4), ln(1), ln(2), NEVER};

  static Stream<Arguments> cutCases() {
    float[] four = row(5, 5, 5, 5);
    return Stream.of(
        Arguments.of("nothing cut", HOT, EIGHTHS, Set.of(0, 1, 2, 3)),
        Arguments.of("top-k 1", HOT.withTopK(1), EIGHTHS, Set.of(1)),
        Arguments.of("top-k 2", HOT.withTopK(2), EIGHTHS, Set.of(1, 3)),
        Arguments.of("top-k 3, tie to the lowest", HOT.withTopK(3), EIGHTHS, Set.of(0, 1, 3)),
        Arguments.of("top-k 4 of 4 finite", HOT.withTopK(4), EIGHTHS, Set.of(0, 1, 2, 3)),
        Arguments.of("top-k above vocabulary", HOT.withTopK(9), EIGHTHS, Set.of(0, 1, 2, 3)),
        Arguments.of("top-k of equals", HOT.withTopK(2), four, Set.of(0, 1)),
        Arguments.of("top-p keeps one", HOT.withTopP(1e-9f), EIGHTHS, Set.of(1)),
        Arguments.of("top-p below a half", HOT.withTopP(0.499f), EIGHTHS, Set.of(1)),
        Arguments.of("top-p above a half", HOT.withTopP(0.501f), EIGHTHS, Set.of(1, 3)),
        Arguments.of("top-p, tie to lowest", HOT.withTopP(0.8f), EIGHTHS, Set.of(0, 1, 3)),
        Arguments.of("top-p of all", HOT.withTopP(0.9f), EIGHTHS, Set.of(0, 1, 2, 3)),
        Arguments.of("top-p just reached", HOT.withTopP(0.5f), four, Set.of(0, 1)),
        Arguments.of("top-p just passed", HOT.withTopP(0.501f), four, Set.of(0, 1, 2)),
        // Of the two that top-k leaves the first has two thirds.
        Arguments.of("top-p after top-k", HOT.withTopK(2).withTopP(0.6f), EIGHTHS, Set.of(1)),
        Arguments.of("both kept", HOT.withTopK(2).withTopP(0.7f), EIGHTHS, Set.of(1, 3)),
        Arguments.of("min-p 0.3", HOT.withMinP(0.3f), EIGHTHS, Set.of(1, 3)),
        Arguments.of("min-p 0.51", HOT.withMinP(0.51f), EIGHTHS, Set.of(1)),
        Arguments.of("min-p 0.2", HOT.withMinP(0.2f), EIGHTHS, Set.of(0, 1, 2, 3)),
        Arguments.of("min-p 1 of equals", HOT.withMinP(1), four, Set.of(0, 1, 2, 3)),
        Arguments.of("min-p and top-k", HOT.withTopK(3).withMinP(0.3f), EIGHTHS, Set.of(1, 3)));
  }

  /** So hot that whatever is left is drawn about equally often. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cutCases")
  void cuts(String name, SamplingOptions options, float[] logits, Set<Integer> expected) {
    Sampler sampler = new Sampler(options, logits.length);
    int[] context = new int[200];
    Set<Integer> seen = new TreeSet<>();
    for (int position = 0; position < context.length; position++) {
      seen.add(sampler.choose(logits, 0, context, position));
    }
    assertThat(seen).as(name).isEqualTo(expected);
  }

  @Test
  void choiceDependsOnPositionAndSeedOnly() {
    float[] logits = new float[1000];
    int[] context = new int[50];
    Sampler sampler = new Sampler(HOT, logits.length);
    int[] forwards = new int[50];
    for (int position = 0; position < 50; position++) {
      forwards[position] = sampler.choose(logits, 0, context, position);
    }
    Arrays.fill(context, 7);
    for (int position = 49; position >= 0; position--) {
      assertThat(sampler.choose(logits, 0, context, position)).isEqualTo(forwards[position]);
    }
    assertThat(Arrays.stream(forwards).distinct().count()).isGreaterThan(40);
    Sampler other = new Sampler(HOT.withSeed(2), logits.length);
    int[] otherwise = new int[50];
    Arrays.setAll(otherwise, p -> other.choose(logits, 0, context, p));
    assertThat(otherwise).isNotEqualTo(forwards);
  }

  /**
   * A seed keeps its text from version to version. The numbers come from a program in Python that
   * follows the definitions of {@link Philox} and {@link GumbelNoise} for every token.
   */
  @Test
  void sameTextForEver() {
    float[] logits = new float[2000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = i % 37 * 0.125f;
    }
    Sampler sampler = new Sampler(SamplingOptions.of(0.7f, 0x123456789abcdefL), logits.length);
    int[] chosen = new int[8];
    Arrays.setAll(chosen, p -> sampler.choose(logits, 0, chosen, p));
    assertThat(chosen).containsExactly(1322, 443, 290, 1849, 885, 1812, 1590, 765);
  }

  @Test
  void rankOfSubsetUsesTheNoiseOfItsTokens() {
    int[] ids = {3, 255, 256, 700, 999};
    float[] draft = {1, 2, 0.5f, 2, 1.5f};
    float[] target = new float[1000];
    Arrays.fill(target, NEVER);
    for (int i = 0; i < ids.length; i++) {
      target[ids[i]] = draft[i];
    }
    SamplingOptions options = SamplingOptions.of(1.5f, 5).withRepeatPenalty(1.4f, 4);
    Sampler sampler = new Sampler(options, 1000);
    int[] context = {3, 8, 700, 255, 255, 3, 999, 700, 700, 256};
    int[] outTokens = new int[5];
    float[] outLogProbs = new float[5];
    for (int length = 0; length <= context.length; length++) {
      int found = sampler.rank(draft, 0, 5, ids, context, length, 5, outTokens, outLogProbs);
      assertThat(found).isEqualTo(5);
      assertThat(outTokens[0]).isEqualTo(sampler.choose(target, 0, context, length));
      assertThat(Arrays.stream(outTokens).boxed().toList())
          .isEqualTo(ReferenceSampler.rank(options, draft, ids, context, length));
    }
  }

  @Test
  void rankGreedyBreaksTiesByTheLowestToken() {
    int[] ids = {10, 20, 300, 301};
    int[] outTokens = new int[4];
    float[] outLogProbs = new float[4];
    Sampler sampler = new Sampler(GREEDY, 512);
    float[] draft = row(9, ln(1), ln(2), ln(1), ln(4));
    int found = sampler.rank(draft, 1, 4, ids, NOTHING, 0, 3, outTokens, outLogProbs);
    assertThat(found).isEqualTo(3);
    assertThat(outTokens).startsWith(301, 20, 10);
    assertThat(outLogProbs[0]).isCloseTo(ln(0.5f), within(1e-6f));
    assertThat(outLogProbs[1]).isCloseTo(ln(0.25f), within(1e-6f));
    assertThat(outLogProbs[2]).isCloseTo(ln(0.125f), within(1e-6f));
  }

  @Test
  void rankLogProbsAreAtTheTemperatureAndPenalised() {
    int[] outTokens = new int[2];
    float[] outLogProbs = new float[2];
    Sampler sampler = new Sampler(SamplingOptions.of(0.5f, 1).withRepeatPenalty(2, 64), 2);
    sampler.rank(row(2, 2), 0, 2, null, tokens(1), 1, 2, outTokens, outLogProbs);
    // 2 / 0.5 against 1 / 0.5.
    double other = -Math.log1p(Math.exp(2));
    assertThat(outLogProbs[outTokens[0] == 1 ? 0 : 1]).isCloseTo((float) other, within(1e-6f));
  }

  @Test
  void rankOfNonsenseIsEmpty() {
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, 3);
    int[] tokens = new int[3];
    float[] logProbs = new float[3];
    float infinity = Float.POSITIVE_INFINITY;
    for (float[] draft :
        new float[][] {
          {1, Float.NaN, 2}, {1, 2, infinity}, {-infinity, -infinity, -infinity},
        }) {
      assertThat(sampler.rank(draft, 0, 3, null, NOTHING, 0, 2, tokens, logProbs)).isZero();
    }
  }

  @Test
  void rankOfWhatThePenaltyMakesNonsenseIsEmpty() {
    int[] tokens = new int[2];
    float[] logProbs = new float[2];
    float[] draft = {1e30f, -1e30f};
    for (float penalty : new float[] {1e-20f, 1e20f}) {
      Sampler sampler = new Sampler(SamplingOptions.of(1, 1).withRepeatPenalty(penalty, 64), 2);
      int found = sampler.rank(draft, 0, 2, null, tokens(0, 1), 2, 2, tokens, logProbs);
      assertThat(found).as("penalty %s", penalty).isEqualTo(penalty < 1 ? 0 : 1);
    }
  }

  @Test
  void rankLeavesOutWhatCannotBeChosen() {
    int[] outTokens = {-1, -1, -1};
    float[] outLogProbs = new float[3];
    Sampler sampler = new Sampler(HOT, 3);
    float[] draft = row(NEVER, 4, NEVER);
    assertThat(sampler.rank(draft, 0, 3, null, NOTHING, 0, 3, outTokens, outLogProbs)).isEqualTo(1);
    assertThat(outTokens).containsExactly(1, -1, -1);
    assertThat(outLogProbs[0]).isZero();
  }

  @Test
  void refusesLogitsThatAreNoNumbers() {
    Sampler sampler = new Sampler(HOT, 3);
    assertThatThrownBy(() -> sampler.choose(row(9, 1, Float.NaN, 2), 1, NOTHING, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the logit of token 1 is NaN; wanted a finite number or -Infinity");
    assertThatThrownBy(() -> sampler.choose(row(1, 2, Float.POSITIVE_INFINITY), 0, NOTHING, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the logit of token 2 is Infinity");
    assertThatThrownBy(() -> sampler.choose(row(NEVER, NEVER, NEVER), 0, NOTHING, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("all 3 logits are -Infinity; wanted at least one finite logit");
  }

  static Stream<Arguments> mistakes() {
    Sampler sampler = new Sampler(HOT.withRepeatPenalty(2, 64), 3);
    float[] x = row(1, 2, 3);
    int[] out = new int[2];
    float[] logProbs = new float[2];
    return Stream.of(
        mistake("3 logits at 1 of an array of 3", () -> sampler.choose(x, 1, NOTHING, 0)),
        mistake("3 logits at -1 of", () -> sampler.choose(x, -1, NOTHING, 0)),
        mistake("a sequence of 1 tokens in an", () -> sampler.choose(x, 0, NOTHING, 1)),
        mistake(
            "token 3 at position 1; wanted 0 to 2", () -> sampler.choose(x, 0, tokens(0, 3), 2)),
        mistake("vocabulary is 0; wanted 1 to", () -> new Sampler(HOT, 0)),
        mistake(
            "4 logits in a row; wanted 1 to the vocabulary's 3",
            () -> sampler.rank(new float[4], 0, 4, null, NOTHING, 0, 1, out, logProbs)),
        mistake(
            "width is 3; wanted 1 to what the outputs hold, 2",
            () -> sampler.rank(x, 0, 3, null, NOTHING, 0, 3, out, logProbs)),
        mistake(
            "token id 1 at 1 after 1; wanted ascending ids from 0 to 2",
            () -> sampler.rank(x, 0, 3, tokens(1, 1, 2), NOTHING, 0, 1, out, logProbs)),
        mistake(
            "2 token ids for 3 logits",
            () -> sampler.rank(x, 0, 3, tokens(1, 2), NOTHING, 0, 1, out, logProbs)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void refusesMistakes(String message, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private static Arguments mistake(String message, Runnable call) {
    return Arguments.of(message, call);
  }

  private static SamplingOptions cut(SamplingOptions options) {
    return options.withTopK(1).withTopP(0.1f).withMinP(1);
  }

  private static SamplingOptions penalty(float penalty, int window) {
    return GREEDY.withRepeatPenalty(penalty, window);
  }

  private static float ln(float x) {
    return (float) Math.log(x);
  }

  private static float[] row(float... logits) {
    return logits;
  }

  private static int[] tokens(int... tokens) {
    return tokens;
  }
}
