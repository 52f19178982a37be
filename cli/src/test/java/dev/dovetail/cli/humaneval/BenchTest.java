package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.GenerationOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchTest {
  private final List<String> asked = new ArrayList<>();
  private final GenerationOptions options = GenerationOptions.greedy().withMaxTokens(3);

  @Test
  void settingsTakeTurnsInAnOrderThatRotates() {
    List<Result> results = new ArrayList<>();

    bench(2).run(List.of(), results::add);

    assertThat(asked)
        .containsExactly(
            "a HumanEval/0",
            "b HumanEval/0",
            "c HumanEval/0",
            "b HumanEval/82",
            "c HumanEval/82",
            "a HumanEval/82",
            "c HumanEval/0",
            "a HumanEval/0",
            "b HumanEval/0",
            "a HumanEval/82",
            "b HumanEval/82",
            "c HumanEval/82");
    assertThat(results)
        .extracting(result -> result.setting() + " " + result.problem())
        .isEqualTo(asked);
    assertThat(results).extracting(Result::repeat).containsSequence(0, 0, 1);
    Result first = results.getFirst();
    assertThat(first.tokenIds()).containsExactly(5, 6, 7);
    assertThat(first.promptTokens()).isEqualTo(2);
    assertThat(first.prefillTokPerS()).isEqualTo(2 / 0.05);
    assertThat(first.decodeTokPerS()).isEqualTo(4 / 0.2);
    assertThat(first.rounds()).isNull();
  }

  @Test
  void theWarmUpDecodesNothingThatIsMeasured() {
    bench(1).warmUp();

    assertThat(asked).containsExactly("a HumanEval/-1", "b HumanEval/-1", "c HumanEval/-1");
  }

  @Test
  void whatIsDoneIsNotDoneAgain() {
    List<Result> all = new ArrayList<>();
    bench(1).run(List.of(), all::add);
    asked.clear();
    List<Result> rest = new ArrayList<>();

    bench(1).run(all.subList(0, 4), rest::add);

    assertThat(asked).containsExactly("c HumanEval/82", "a HumanEval/82");
    assertThat(rest).isEqualTo(all.subList(4, 6));
  }

  @Test
  void cancellingEndsItBehindTheText() {
    List<Result> results = new ArrayList<>();

    bench(1)
        .run(
            List.of(),
            result -> {
              results.add(result);
              if (results.size() == 2) {
                options.cancellation().cancel();
              }
            });

    assertThat(results).hasSize(2);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aBaselinesTextsSayNothingOfRounds() {
    List<Result> results = new ArrayList<>();
    bench(1).run(List.of(), results::add);

    Summary summary = Summaries.of(results, "a");

    assertThat(summary.tau()).isNull();
    assertThat(summary.draftMsPerRound()).isNull();
    assertThat(summary.acceptanceByDepth()).isEmpty();
    assertThat(summary.treeNodes()).isNull();
    assertThat(summary.peakRssBytes()).isNull();
    assertThat(summary.tokensPerSTotal())
        .as("four tokens after the first, two of which it does not list, in 0.2 s")
        .isEqualTo(20);
    assertThat(SettingFacts.of(new Setting.External(new Fake("a"))))
        .isEqualTo(new SettingFacts("a", "baseline", null, null, null, "1.0", "sha256:a"));
  }

  @Test
  void problemsAreSpreadEvenly() {
    assertThat(Problems.all()).hasSize(Problems.COUNT);
    assertThat(Problems.spread(Problems.COUNT)).isEqualTo(Problems.all());
    assertThat(Problems.spread(4))
        .extracting(Problem::id)
        .containsExactly("HumanEval/0", "HumanEval/41", "HumanEval/82", "HumanEval/123");
    Problem first = Problems.all().getFirst();
    assertThat(first.entryPoint()).isEqualTo("has_close_elements");
    assertThat(first.prompt()).startsWith("from typing import List").endsWith("\"\"\"\n");
    assertThat(first.canonicalSolution()).startsWith("    for idx, elem in enumerate(numbers):");
    assertThat(first.test()).contains("def check(candidate):");
  }

  private Bench bench(int repeats) {
    return new Bench(
        List.<Setting>of(
            new Setting.External(new Fake("a")),
            new Setting.External(new Fake("b")),
            new Setting.External(new Fake("c"))),
        Problems.spread(2),
        problem -> new int[] {1, problem.id().equals("warm-up") ? -1 : number(problem)},
        options,
        repeats);
  }

  private static int number(Problem problem) {
    return Integer.parseInt(problem.id().split("/")[1]);
  }

  /** Another program, which notes what it is asked. */
  private final class Fake implements Baseline {
    private final String name;

    Fake(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String version() {
      return "1.0";
    }

    @Override
    public String program() {
      return "sha256:" + name;
    }

    @Override
    public Answer answer(int[] promptIds, GenerationOptions generation) {
      asked.add(name + " HumanEval/" + promptIds[1]);
      return new Answer(List.of(5, 6, 7), 5, "text", "length", 50, 200);
    }

    @Override
    public void close() {}
  }
}
