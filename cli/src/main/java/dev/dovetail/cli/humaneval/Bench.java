package dev.dovetail.cli.humaneval;

import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.round.TreeShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Decodes problems by settings that take turns at each problem, in an order that rotates from
 * problem to problem, so that what disturbs the machine for a while disturbs all of them. Each text
 * starts from an empty context.
 *
 * @param prompts a problem as tokens
 * @param generation of every text; its cancellation ends the run, and the text in progress is
 *     dropped
 * @param repeats how often all problems are gone through
 */
public record Bench(
    List<Setting> settings,
    List<Problem> problems,
    Function<Problem, int[]> prompts,
    GenerationOptions generation,
    int repeats) {
  private static final Problem WARM_UP =
      new Problem(
          "warm-up",
          """
          from typing import Dict, List


          def words_by_length(text: str) -> Dict[int, List[str]]:
              \"""Group the words of a text by their length. Words are parted by spaces, each is
              listed once, and the words of a length come in alphabetical order.
              >>> words_by_length("to be or not to be")
              {2: ['be', 'or', 'to'], 3: ['not']}
              \"""
          """,
          "words_by_length",
          "",
          "");

  public Bench {
    settings = List.copyOf(settings);
    problems = List.copyOf(problems);
  }

  /** How many texts there are in all. */
  public int texts() {
    return settings.size() * problems.size() * repeats;
  }

  /**
   * Decodes a whole text by each setting, unmeasured, of a problem that is none of HumanEval's:
   * until the JIT has compiled the kernels, passes take twice as long.
   */
  public void warmUp() {
    for (Setting setting : settings) {
      if (!stop().isCancelled()) {
        measure(setting, WARM_UP, 0);
      }
    }
  }

  /**
   * Decodes what is not done yet.
   *
   * @param done results that exist
   * @param sink receives each result at once
   */
  public void run(Collection<Result> done, Consumer<Result> sink) {
    Set<Result.Key> finished = new HashSet<>();
    done.forEach(result -> finished.add(result.key()));
    int turn = 0;
    for (int repeat = 0; repeat < repeats; repeat++) {
      for (Problem problem : problems) {
        // Texts leave their keys and values behind, and the serial collector lets those pile up to
        // the heap's limit: more than half of the machine's memory.
        System.gc();
        for (Setting setting : rotated(turn++)) {
          if (stop().isCancelled()) {
            return;
          }
          if (!finished.contains(new Result.Key(problem.id(), setting.name(), repeat))) {
            measure(setting, problem, repeat).ifPresent(sink);
          }
        }
      }
    }
  }

  private List<Setting> rotated(int by) {
    List<Setting> order = new ArrayList<>(settings);
    Collections.rotate(order, -by);
    return order;
  }

  private Cancellation stop() {
    return generation.cancellation();
  }

  /** One text; empty if it was cancelled. */
  private Optional<Result> measure(Setting setting, Problem problem, int repeat) {
    int[] ids = prompts.apply(problem);
    return switch (setting) {
      case Setting.Plain plain ->
          decode(plain.engine(), Optional.empty(), ids)
              .map(completion -> Result.of(problem, plain, repeat, completion));
      case Setting.Drafted drafted ->
          decode(drafted.engine(), drafted.tree(), ids)
              .map(completion -> Result.of(problem, drafted, repeat, completion));
      case Setting.External external -> {
        Baseline.Answer answer = external.baseline().answer(ids, generation);
        yield answer.finishReason().equals(FinishReason.CANCELLED.jsonName())
            ? Optional.empty()
            : Optional.of(Result.of(problem, external, repeat, ids.length, answer));
      }
    };
  }

  private Optional<Completion> decode(Engine engine, Optional<TreeShape> tree, int[] ids) {
    try (Session session = engine.newSession()) {
      Completion completion =
          session.generate(ids, tree.map(generation::withTree).orElse(generation), token -> {});
      return completion.finishReason() == FinishReason.CANCELLED
          ? Optional.empty()
          : Optional.of(completion);
    }
  }
}
