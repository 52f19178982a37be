package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.round.TestDrafters.Checking;
import dev.dovetail.engine.round.TestDrafters.Guess;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The round against plain decoding written out, on a target whose logits depend on its tokens
 * alone.
 */
class SpeculativeDecoderTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
  private static final Map<String, Guess> GUESSES =
      Map.of(
          "perfect", TestDrafters.PERFECT,
          "wrong", TestDrafters.WRONG,
          "random", TestDrafters.random(5));

  static Stream<Arguments> everyKind() {
    List<SamplingOptions> samplings =
        List.of(
            SamplingOptions.GREEDY,
            SamplingOptions.of(0.8f, 7),
            SamplingOptions.of(1.3f, 8).withTopK(4).withTopP(0.9f),
            SamplingOptions.of(0.6f, 9).withMinP(0.05f).withRepeatPenalty(1.3f, 8),
            SamplingOptions.GREEDY.withRepeatPenalty(1.5f, 64));
    List<TreeShape> shapes =
        Stream.of("0", "1", "2", "4", "8", "3x2", "4x4", "2x8").map(TreeShape::parse).toList();
    return GUESSES.keySet().stream()
        .sorted()
        .flatMap(guess ->
            samplings.stream().flatMap(s -> shapes.stream().map(t -> Arguments.of(guess, s, t))));
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void tokensAreThoseOfPlainDecoding(String guess, SamplingOptions options, TreeShape shape) {
    int[] plain = plain(PROMPT, 60, options);
    for (int maxPass : new int[] {128, 4}) {
      try (SpeculativeDecoder decoder = decoder(GUESSES.get(guess), 200, maxPass)) {
        assertThat(generate(decoder, PROMPT, 60, options, shape))
            .as("%s, %s, tree %s, passes of %d", guess, options, shape, maxPass)
            .containsExactly(plain);
      }
    }
  }

  /** Also over stretches in which the draft is not asked, and is told of many tokens at once. */
  @ParameterizedTest
  @ValueSource(strings = {"perfect", "wrong", "random"})
  void aPolicyMayAskAndCutAsItLikes(String guess) {
    for (SamplingOptions options :
        List.of(SamplingOptions.GREEDY, SamplingOptions.of(0.8f, 7).withRepeatPenalty(1.2f, 16))) {
      int[] plain = plain(PROMPT, 300, options);
      for (int seed = 0; seed < 10; seed++) {
        for (int window : new int[] {Integer.MAX_VALUE, 8}) {
          Drafter drafter = new Checking(GUESSES.get(guess), window);
          try (SpeculativeDecoder decoder =
              new SpeculativeDecoder(new FakeTarget(400, 128), drafter)) {
            assertThat(generate(decoder, PROMPT, 300, options, new RandomPolicy(seed)))
                .as("seed %d, window %d", seed, window)
                .containsExactly(plain);
          }
        }
      }
    }
  }

  @Test
  void aPolicyIsToldWhichNodesWereAcceptedAndWhatCame() {
    try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 200, 128)) {
      Sampler sampler = sampler(SamplingOptions.GREEDY);
      decoder.prefill(PROMPT, sampler, () -> false);
      RandomPolicy policy = new RandomPolicy(3);
      for (int i = 0; i < 20; i++) {
        int before = decoder.known();
        Round round = decoder.step(policy, sampler, 100, SpeculativeDecoderTest::never);
        assertThat(policy.accepted).isEqualTo(round.accepted());
        assertThat(policy.token).isEqualTo(decoder.token(before));
      }
    }
  }

  /**
   * Lookups now and then, any shape, stretches of none, any part of a guess that has the parents of
   * its nodes.
   */
  private static final class RandomPolicy implements TreePolicy {
    private final SplittableRandom random;
    private int pause;
    private int accepted;
    private int token;

    RandomPolicy(long seed) {
      random = new SplittableRandom(seed);
    }

    @Override
    public int longestLookup() {
      return random.nextInt(8);
    }

    @Override
    public TokenTree lookedUp(TokenTree chain) {
      return random.nextInt(3) == 0 ? chain : TokenTree.EMPTY;
    }

    @Override
    public TreeShape next() {
      if (pause > 0) {
        pause--;
        return TreeShape.NONE;
      }
      pause = random.nextInt(4) == 0 ? random.nextInt(100) : 0;
      return new TreeShape(1 + random.nextInt(5), 1 + random.nextInt(3));
    }

    @Override
    public float floor() {
      return random.nextFloat();
    }

    @Override
    public TokenTree worthwhile(TokenTree guess) {
      boolean[] kept = new boolean[guess.size()];
      for (int i = 0; i < kept.length; i++) {
        int parent = guess.parents()[i];
        kept[i] = (parent == TokenTree.ROOT || kept[parent]) && random.nextInt(4) > 0;
      }
      return guess.part(kept);
    }

    @Override
    public void observe(Round round, TokenTree tree, int last, int token) {
      this.token = token;
      accepted = 0;
      for (int node = last; node != TokenTree.ROOT; node = tree.parents()[node]) {
        accepted++;
      }
    }
  }

  @Test
  void aTreeLargerThanAskedForIsRefused() {
    assertThatThrownBy(() -> stepWith(TokenTree.chain(1, 2, 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the drafter fixed guessed a tree of 3 nodes; it was asked for 2 at most");
  }

  @Test
  void aTokenThatTheTargetDoesNotHaveIsRefused() {
    int beyond = FakeTarget.VOCABULARY;
    assertThatThrownBy(() -> stepWith(TokenTree.chain(1, beyond)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the drafter fixed guessed the token %d; the target has tokens 0 to %d"
                .formatted(beyond, beyond - 1));
    assertThatThrownBy(() -> stepWith(TokenTree.chain(-1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("guessed the token -1");
  }

  /** One round of a chain of two, in which the drafter guesses this. */
  private static void stepWith(TokenTree tree) {
    try (SpeculativeDecoder decoder =
        new SpeculativeDecoder(new FakeTarget(200, 128), TestDrafters.fixed(tree))) {
      Sampler sampler = sampler(SamplingOptions.GREEDY);
      decoder.prefill(PROMPT, sampler, () -> false);
      decoder.step(
          TreePolicy.fixed(new TreeShape(2, 1), false),
          sampler,
          100,
          SpeculativeDecoderTest::never);
    }
  }

  @Test
  void aPerfectDraftIsAcceptedWhole() {
    FakeTarget target = new FakeTarget(200, 128);
    try (SpeculativeDecoder decoder =
        new SpeculativeDecoder(target, new Checking(TestDrafters.PERFECT))) {
      Sampler sampler = sampler(SamplingOptions.GREEDY);
      decoder.prefill(PROMPT, sampler, () -> false);
      Round round =
          decoder.step(
              TreePolicy.fixed(new TreeShape(4, 1), false),
              sampler,
              100,
              SpeculativeDecoderTest::never);
      assertThat(round.drafted()).isEqualTo(4);
      assertThat(round.depth()).isEqualTo(4);
      assertThat(round.accepted()).isEqualTo(4);
      assertThat(round.emitted()).isEqualTo(5);
      assertThat(target.passes).isEqualTo(2);
    }
  }

  @Test
  void aWrongDraftStillGivesOneTokenARound() {
    try (SpeculativeDecoder decoder = decoder(TestDrafters.WRONG, 200, 128)) {
      Sampler sampler = sampler(SamplingOptions.GREEDY);
      decoder.prefill(PROMPT, sampler, () -> false);
      Round round =
          decoder.step(
              TreePolicy.fixed(new TreeShape(3, 2), false),
              sampler,
              100,
              SpeculativeDecoderTest::never);
      assertThat(round.accepted()).isZero();
      assertThat(round.emitted()).isEqualTo(1);
    }
  }

  @Test
  void nothingIsEmittedBehindTheEndOrTheLimit() {
    int[] plain = plain(PROMPT, 40, SamplingOptions.GREEDY);
    for (int end = 1; end < 12; end++) {
      int last = plain[end];
      int first = indexOf(plain, last, 1);
      try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 200, 128)) {
        Sampler sampler = sampler(SamplingOptions.GREEDY);
        decoder.prefill(PROMPT, sampler, () -> false);
        int emitted = 1;
        while (decoder.token(decoder.known() - 1) != last || emitted == 1) {
          emitted +=
              decoder
                  .step(TreePolicy.fixed(new TreeShape(8, 1), false), sampler, 100, t -> t == last)
                  .emitted();
        }
        assertThat(emitted).as("end token %d", last).isEqualTo(first + 1);
      }
    }
    for (int limit = 1; limit < 8; limit++) {
      try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 200, 128)) {
        Sampler sampler = sampler(SamplingOptions.GREEDY);
        decoder.prefill(PROMPT, sampler, () -> false);
        Round round =
            decoder.step(
                TreePolicy.fixed(new TreeShape(6, 1), false),
                sampler,
                limit,
                SpeculativeDecoderTest::never);
        assertThat(round.emitted()).isEqualTo(limit);
        assertThat(round.drafted()).isLessThan(limit);
      }
    }
  }

  @Test
  void aNewPromptReusesWhatItShares() {
    SamplingOptions options = SamplingOptions.of(0.9f, 3);
    try (SpeculativeDecoder decoder = decoder(TestDrafters.random(1), 300, 5)) {
      TreeShape shape = new TreeShape(3, 3);
      int[] first = generate(decoder, PROMPT, 30, options, shape);
      int[] longer = concat(PROMPT, first, new int[] {1, 2, 3});
      int[] shorter = Arrays.copyOf(PROMPT, 6);
      int[] other = {7, 7, 7};
      Sampler sampler = sampler(options);
      assertThat(decoder.prefill(longer, sampler, () -> false)).isLessThanOrEqualTo(5);
      for (int[] prompt : new int[][] {longer, shorter, PROMPT, other, longer, PROMPT}) {
        assertThat(generate(decoder, prompt, 25, options, shape))
            .containsExactly(plain(prompt, 25, options));
      }
    }
  }

  /** Also where it was not asked for long, and has missed what the new prompt does not share. */
  @Test
  void aDrafterWithAWindowGoesOnWhereThePromptDoes() {
    SamplingOptions options = SamplingOptions.GREEDY;
    for (int asked : new int[] {0, 4}) {
      Checking drafter = new Checking(TestDrafters.PERFECT, 8);
      try (SpeculativeDecoder decoder = new SpeculativeDecoder(new FakeTarget(300, 16), drafter)) {
        int[] first = generate(decoder, PROMPT, 40, options, new TreeShape(asked, 1));
        generate(decoder, concat(PROMPT, first), 20, options, TreeShape.NONE);
        int[] known = Arrays.copyOf(concat(PROMPT, first), 30);
        int told = drafter.told;

        int[] text = generate(decoder, known, 20, options, new TreeShape(4, 1));

        assertThat(text).containsExactly(plain(known, 20, options));
        // Of the prompt nothing but its last token, of which the next one is new.
        assertThat(drafter.told - told).isLessThanOrEqualTo(asked > 0 ? 21 : 28);
      }
    }
  }

  @Test
  void aCancelledPromptCanBeContinued() {
    SamplingOptions options = SamplingOptions.GREEDY;
    for (int passes = 0; passes < 3; passes++) {
      try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 200, 4)) {
        int[] left = {passes};
        assertThat(decoder.prefill(PROMPT, sampler(options), () -> left[0]-- == 0)).isEqualTo(-1);
        assertThat(generate(decoder, PROMPT, 20, options, new TreeShape(4, 1)))
            .containsExactly(plain(PROMPT, 20, options));
      }
    }
  }

  @Test
  void promptsThatDoNotFitAreRefused() {
    try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 11, 4)) {
      Sampler sampler = sampler(SamplingOptions.GREEDY);
      assertThatThrownBy(() -> decoder.prefill(PROMPT, sampler, () -> false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the prompt has 11 tokens; this context holds 1 to 10");
      assertThatThrownBy(() -> decoder.prefill(new int[0], sampler, () -> false))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void theContextCanBeFilledToItsLastToken() {
    int[] plain = plain(PROMPT, 9, SamplingOptions.GREEDY);
    try (SpeculativeDecoder decoder = decoder(TestDrafters.PERFECT, 20, 128)) {
      assertThat(generate(decoder, PROMPT, 9, SamplingOptions.GREEDY, new TreeShape(8, 8)))
          .containsExactly(plain);
    }
  }

  private static int[] generate(
      SpeculativeDecoder decoder, int[] prompt, int n, SamplingOptions options, TreeShape shape) {
    return generate(decoder, prompt, n, options, TreePolicy.fixed(shape, false));
  }

  private static int[] generate(
      SpeculativeDecoder decoder, int[] prompt, int n, SamplingOptions options, TreePolicy policy) {
    Sampler sampler = sampler(options);
    decoder.prefill(prompt, sampler, () -> false);
    while (decoder.known() < prompt.length + n) {
      decoder.step(
          policy, sampler, prompt.length + n - decoder.known(), SpeculativeDecoderTest::never);
    }
    int[] tokens = new int[n];
    Arrays.setAll(tokens, i -> decoder.token(prompt.length + i));
    return tokens;
  }

  /** Plain decoding as it is defined: one choice after another. */
  private static int[] plain(int[] prompt, int n, SamplingOptions options) {
    Sampler sampler = sampler(options);
    int[] tokens = Arrays.copyOf(prompt, prompt.length + n);
    float[] logits = new float[FakeTarget.VOCABULARY];
    for (int i = prompt.length; i < tokens.length; i++) {
      FakeTarget.logits(tokens, i, logits, 0);
      tokens[i] = sampler.choose(logits, 0, tokens, i);
    }
    return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
  }

  private static SpeculativeDecoder decoder(Guess guess, int capacity, int maxPassTokens) {
    return new SpeculativeDecoder(new FakeTarget(capacity, maxPassTokens), new Checking(guess));
  }

  private static Sampler sampler(SamplingOptions options) {
    return new Sampler(options, FakeTarget.VOCABULARY);
  }

  /** No token ends the text. */
  private static boolean never(int token) {
    return false;
  }

  private static int indexOf(int[] tokens, int token, int from) {
    for (int i = from; i < tokens.length; i++) {
      if (tokens[i] == token) {
        return i;
      }
    }
    throw new AssertionError("token " + token + " is not there");
  }

  private static int[] concat(int[]... parts) {
    return Stream.of(parts).flatMapToInt(Arrays::stream).toArray();
  }
}
