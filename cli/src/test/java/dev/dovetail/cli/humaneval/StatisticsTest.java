package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.GenerationOptions;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  private static final List<Double> VALUES =
      List.of(1.31, 0.92, 1.74, 1.05, 1.22, 1.48, 1.19, 2.03, 1.37, 1.11, 1.62, 1.27);

  /** As numpy.quantile(VALUES, p), in its default way. */
  @Test
  void quartilesAreThoseOfNumpy() {
    Quartiles quartiles = Quartiles.of(VALUES).orElseThrow();

    assertThat(quartiles.median()).isCloseTo(1.29, within(1e-12));
    assertThat(quartiles.q1()).isCloseTo(1.17, within(1e-12));
    assertThat(quartiles.q3()).isCloseTo(1.515, within(1e-12));
    assertThat(Quartiles.of(List.of(3.0, 1.0, 4.0, 1.5)))
        .contains(new Quartiles(2.25, 1.375, 3.25));
    assertThat(Quartiles.of(List.of(7.0))).contains(new Quartiles(7, 7, 7));
    assertThat(Quartiles.of(List.of())).isEmpty();
  }

  /**
   * As numpy.quantile(medians, [0.025, 0.975]) with medians = numpy.median(rng.choice(VALUES,
   * (200000, 12)), axis=1), the same by five seeds of rng = numpy.random.default_rng(seed).
   */
  @Test
  void theIntervalIsThatOfNumpysResamples() {
    Gain gain = Gain.of(VALUES).orElseThrow();

    assertThat(gain.median()).isCloseTo(1.29, within(1e-12));
    assertThat(gain.low()).isCloseTo(1.15, within(1e-12));
    assertThat(gain.high()).isCloseTo(1.55, within(1e-12));
    assertThat(Gain.of(VALUES)).as("the same each time").contains(gain);
  }

  /** All of five values lie on one side of the median in 2 of 32 cases, which is more than 5 %. */
  @Test
  void fiveProblemsHaveNoInterval() {
    assertThat(Gain.of(VALUES.subList(0, 5)).orElseThrow())
        .isEqualTo(new Gain(1.22, 1.05, 1.31, null, null));
    Gain six = Gain.of(VALUES.subList(0, 6)).orElseThrow();
    assertThat(six.low()).isBetween(0.92, six.median());
    assertThat(six.high()).isBetween(six.median(), 1.74);
  }

  @Test
  void gainsAreByProblemAndRepeatsCountAsOne() {
    List<Result> results =
        List.of(
            Texts.of("a", "plain", 0, 10, 1, 2),
            Texts.of("a", "plain", 1, 20, 1, 2),
            Texts.of("a", "auto", 0, 30, 1, 2),
            Texts.of("a", "auto", 1, 60, 1, 2),
            Texts.of("b", "plain", 0, 10, 1, 2),
            Texts.of("b", "auto", 0, 10, 1, 2),
            // Without a second token there is no rate, without a plain text no gain.
            Texts.of("c", "plain", 0, 10, 1),
            Texts.of("c", "auto", 0, 10, 1),
            Texts.of("d", "auto", 0, 99, 1, 2));

    assertThat(Gains.byProblem(results, "auto")).isEqualTo(Map.of("a", 3.0, "b", 1.0));
    assertThat(Gains.median(results, "auto")).hasValue(2);
    Summary summary = Summaries.of(results, "auto");
    assertThat(summary.gain().median()).isEqualTo(2);
    assertThat(summary.problems()).isEqualTo(4);
    assertThat(summary.decodeTokPerS().median()).isEqualTo(45);
    assertThat(Summaries.of(results, "plain").gain()).isEqualTo(new Gain(1, 1, 1, null, null));
  }

  /**
   * Ten rounds of depth 3, of which 4 accept nothing, 3 one, 2 two, 1 three; and two of depth 1, of
   * which one accepts it. Level 1: tried 12 times, accepted 7. Level 2: tried where level 1 was
   * accepted in a tree of depth 3, 6 times, accepted 3. Level 3: tried 3 times, accepted 1.
   */
  @Test
  void acceptanceIsAShareOfWhatCouldBeAccepted() {
    Result deep =
        Texts.of(
            "a",
            "auto",
            0,
            100,
            IntStream.rangeClosed(0, 20).boxed().toList(),
            10,
            List.of(4L, 3L, 2L, 1L),
            List.of(0L, 0L, 0L, 10L),
            List.of(0L, 0L, 0L, 1L),
            Map.of(6, 10L));
    Result flat =
        Texts.of(
            "b",
            "auto",
            0,
            50,
            List.of(1, 2, 3, 4),
            2,
            List.of(1L, 1L),
            List.of(0L, 2L),
            List.of(0L, 1L),
            Map.of(1, 2L));

    Summary summary = Summaries.of(List.of(deep, flat), "auto");

    assertThat(summary.acceptanceByDepth()).containsExactly(7.0 / 12, 3.0 / 6, 1.0 / 3);
    assertThat(summary.tau()).isEqualTo(23.0 / 12);
    assertThat(summary.tauByProblem()).isEqualTo(new Quartiles(1.75, 1.625, 1.875));
    assertThat(summary.tokensPerSTotal()).isCloseTo(23 / (20 / 100.0 + 3 / 50.0), within(1e-9));
    assertThat(summary.treeNodes()).isEqualTo(new Quartiles(6, 6, 6));
    assertThat(summary.draftMsPerRound()).isEqualTo(2);
    assertThat(summary.verifyMsPerRound()).isEqualTo(6);
    assertThat(summary.channelMsPerRound()).isEqualTo(0.5);
    assertThat(summary.bytesToDraftPerRound()).isEqualTo(1000);
    assertThat(summary.bytesFromDraftPerRound()).isEqualTo(12);
    assertThat(summary.hiddenShare()).isEqualTo(0.2);
    assertThat(summary.gain()).as("nothing to compare with").isNull();
    assertThat(summary.identical()).as("nothing to compare with").isNull();
  }

  /** llama-server lists no token that ends within a character. */
  @Test
  void theWordsOfAnotherProgramCountWhereItsTokensDiffer() {
    Result plain = Texts.of("a", "plain", 0, 10, 1, 2, 3);

    assertThat(Identity.of(List.of(plain, answer("a", "text", 1, 3)), "other"))
        .isEqualTo(new Identity(1, List.of()));
    assertThat(Identity.of(List.of(plain, answer("a", "other text", 1, 3)), "other"))
        .isEqualTo(new Identity(0, List.of(new Identity.Difference("a", 0, 1))));
    assertThat(Identity.of(List.of(plain, Texts.of("a", "auto", 0, 10, 1, 3)), "auto").identical())
        .as("the same words by other tokens are an error of ours")
        .isZero();
  }

  private static Result answer(String problem, String text, Integer... tokens) {
    return Result.of(
        new Problem(problem, "", "", "", ""),
        new Setting.External(new Silent()),
        0,
        10,
        new Baseline.Answer(List.of(tokens), 3, text, "length", 100, 100));
  }

  /** Another program that is never asked. */
  private static final class Silent implements Baseline {
    @Override
    public String name() {
      return "other";
    }

    @Override
    public String version() {
      return "1.0";
    }

    @Override
    public String program() {
      return "sha256:00ff";
    }

    @Override
    public Answer answer(int[] promptIds, GenerationOptions options) {
      throw new AssertionError("nobody asks");
    }

    @Override
    public void close() {}
  }

  @Test
  void theFirstTokenThatDiffersIsNamed() {
    List<Result> results =
        List.of(
            Texts.of("a", "plain", 0, 10, 1, 2, 3),
            Texts.of("a", "auto", 0, 10, 1, 2, 3),
            Texts.of("b", "auto", 1, 10, 4, 5, 6, 8),
            Texts.of("b", "plain", 1, 10, 4, 5, 6, 7),
            Texts.of("c", "plain", 0, 10, 4, 5),
            Texts.of("c", "auto", 0, 10, 4, 5, 6),
            Texts.of("d", "auto", 0, 10, 1));

    assertThat(Identity.of(results, "auto"))
        .isEqualTo(
            new Identity(
                1,
                List.of(new Identity.Difference("b", 1, 3), new Identity.Difference("c", 0, 2))));
    Summary summary = Summaries.of(results, "auto");
    assertThat(summary.identical()).isEqualTo(1);
    assertThat(summary.different()).isEqualTo(2);
    assertThat(summary.firstDifference()).isEqualTo(new Identity.Difference("b", 1, 3));
  }

  @Test
  void scoresMakeARate() {
    List<Result> results =
        List.of(
            Texts.of("a", "plain", 0, 10, 1).scored(ProgramScorer.Outcome.PASSED),
            Texts.of("b", "plain", 0, 10, 1).scored(ProgramScorer.Outcome.TIMED_OUT),
            Texts.of("c", "plain", 0, 10, 1));

    assertThat(Summaries.of(results, "plain").passAt1()).isEqualTo(new Summary.Passed(1, 2, 0.5));
    assertThat(results.get(1).scoreOutcome()).isEqualTo("timed out");
    assertThat(Summaries.of(results.subList(2, 3), "plain").passAt1()).isNull();
  }
}
