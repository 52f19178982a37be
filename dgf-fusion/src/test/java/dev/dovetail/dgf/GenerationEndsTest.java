package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.GuessingDraft.Guess;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.Token;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where a text ends, and that it ends there with a draft that is always right as it does without
 * one.
 */
class GenerationEndsTest {
  private static final int TOKENS = 40;
  private static final int[] PROMPT = TinyGeneration.prompt(10);

  @TempDir private static Path folder;

  private static Path model;
  private static Engine plain;
  private static Engine drafted;

  @BeforeAll
  static void open() throws IOException {
    model = TinyGeneration.model(folder, "llama");
    plain = TinyGeneration.open(model, Draft.none(), 1);
    drafted = TinyGeneration.open(model, GuessingDraft.of(Guess.PERFECT, model), 2);
  }

  @AfterAll
  static void close() {
    plain.close();
    drafted.close();
  }

  /** A result and what its sink saw. */
  private record Run(Completion completion, List<Token> seen) {
    String text() {
      return completion.text();
    }

    List<Integer> ids() {
      return completion.tokenIds();
    }
  }

  private static Run run(Engine engine, int[] prompt, GenerationOptions options, IntConsumer each) {
    List<Token> seen = new ArrayList<>();
    try (Session session = engine.newSession()) {
      Completion completion =
          session.generate(
              prompt,
              options.withTree(new TreeShape(7, 1)),
              token -> {
                seen.add(token);
                each.accept(seen.size());
              });
      return new Run(completion, seen);
    }
  }

  /** Runs with and without the draft, requires that nothing differs, and returns what came. */
  private static Run both(GenerationOptions options) {
    Run expected = run(plain, PROMPT, options, count -> {});
    assertConsistent(expected);
    assertEqual(run(drafted, PROMPT, options, count -> {}), expected);
    return expected;
  }

  private static void assertEqual(Run actual, Run expected) {
    assertConsistent(actual);
    assertThat(actual.ids()).isEqualTo(expected.ids());
    assertThat(actual.text()).isEqualTo(expected.text());
    assertThat(actual.completion().finishReason()).isEqualTo(expected.completion().finishReason());
    assertThat(texts(actual)).isEqualTo(texts(expected));
  }

  private static List<String> texts(Run run) {
    return run.seen().stream().map(Token::text).toList();
  }

  /** The sink saw the ids and the text of the result. */
  private static void assertConsistent(Run run) {
    assertThat(run.seen().stream().map(Token::id).filter(id -> id != Token.NONE).toList())
        .isEqualTo(run.ids());
    assertThat(String.join("", texts(run))).isEqualTo(run.text());
  }

  private static GenerationOptions sampled(long seed) {
    return TinyGeneration.options(SamplingOptions.of(1.1f, seed), TOKENS);
  }

  @Test
  void anEndTokenInsideAnAcceptedPath() {
    Set<Integer> ends = plain.tokenizer().endOfText();
    assertThat(ends).isNotEmpty();
    int found = 0;
    int inside = 0;
    for (long seed = 0; seed < 60 && found < 6; seed++) {
      Completion text = run(plain, PROMPT, sampled(seed), count -> {}).completion();
      if (text.finishReason() != FinishReason.STOP) {
        assertThat(text.tokenIds())
            .as("seed %d", seed)
            .hasSize(TOKENS)
            .doesNotContainAnyElementsOf(ends);
        continue;
      }
      found++;
      int size = both(sampled(seed)).ids().size();
      inside += (size - 1) % 8 == 0 ? 0 : 1;
      assertThat(ends).contains(text.tokenIds().getLast());
      assertThat(text.tokenIds().subList(0, size - 1)).doesNotContainAnyElementsOf(ends);
      int[] before = text.tokenIds().stream().limit(size - 1).mapToInt(id -> id).toArray();
      assertThat(text.text()).isEqualTo(plain.tokenizer().decode(before));
    }
    assertThat(inside).as("texts that end inside a path of 8").isGreaterThan(1);
  }

  @Test
  void stopStringsAcrossTokens() {
    Run whole = both(sampled(1));
    List<Integer> ids = whole.ids();
    int tried = 0;
    for (int i = 4; i + 1 < ids.size() && tried < 6; i++) {
      String left = piece(ids.get(i));
      String right = piece(ids.get(i + 1));
      if (!isAscii(left) || !isAscii(right)) {
        continue;
      }
      String stop = left.charAt(left.length() - 1) + right.substring(0, 1);
      int last = firstTokenWith(stop, ids);
      Run run = both(sampled(1).withStops(List.of("never in it", stop, stop + "x")));
      assertThat(run.completion().finishReason()).isEqualTo(FinishReason.STOP_SEQUENCE);
      assertThat(run.ids()).as("stop '%s'", stop).isEqualTo(ids.subList(0, last + 1));
      assertThat(run.text()).isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
      tried++;
    }
    assertThat(tried).isGreaterThan(2);
  }

  /** Where a stop string begins but does not come to its end, all its text comes. */
  @Test
  void theBeginningOfAStopStringAtTheEnd() {
    Run whole = both(sampled(1));
    String end = whole.text().substring(whole.text().length() - 2);
    Run held = both(sampled(1).withStops(List.of(end + "and more")));
    assertThat(held.text()).isEqualTo(whole.text());
    assertThat(held.completion().finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  private static String piece(int id) {
    return plain.tokenizer().decode(new int[] {id});
  }

  private static boolean isAscii(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }

  /** The first token with which the text holds a stop string. */
  private static int firstTokenWith(String stop, List<Integer> ids) {
    for (int n = 1; ; n++) {
      int[] first = ids.stream().limit(n).mapToInt(id -> id).toArray();
      if (plain.tokenizer().decode(first).contains(stop)) {
        return n - 1;
      }
    }
  }

  @Test
  void mostTokensInsideAPath() {
    List<Integer> ids = both(sampled(1)).ids();
    for (int most = 1; most <= 12; most++) {
      Run run = both(sampled(1).withMaxTokens(most));
      assertThat(run.ids()).isEqualTo(ids.subList(0, most));
      assertThat(run.completion().finishReason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void aFullContext() {
    int context = 32;
    GenerationOptions options = sampled(1).withMaxTokens(1000);
    try (Engine small =
            Dovetail.open(model).draft(Draft.none()).threads(1).context(context).build();
        Engine smallDrafted =
            Dovetail.open(model)
                .draft(GuessingDraft.of(Guess.PERFECT, model))
                .threads(2)
                .context(context)
                .build()) {
      for (int length : new int[] {1, 10, context - 3, context - 2, context - 1}) {
        int[] prompt = TinyGeneration.prompt(length);
        Run expected = run(plain, prompt, options.withMaxTokens(context - length), count -> {});
        assertThat(expected.completion().finishReason()).isEqualTo(FinishReason.LENGTH);
        assertEqual(run(small, prompt, options, count -> {}), expected);
        assertEqual(run(smallDrafted, prompt, options, count -> {}), expected);
      }
      assertThatThrownBy(() -> run(small, TinyGeneration.prompt(context), options, count -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the prompt has 32 tokens, the context holds 32");
    }
  }

  @Test
  void promptsThatCannotBe() {
    for (Engine engine : List.of(plain, drafted)) {
      assertThatThrownBy(() -> run(engine, new int[0], sampled(1), count -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the prompt has no tokens");
      assertThatThrownBy(() -> engine.complete("", sampled(1), token -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the prompt has no tokens");
      for (int id : new int[] {-1, engine.config().vocabulary()}) {
        assertThatThrownBy(() -> run(engine, new int[] {5, id}, sampled(1), count -> {}))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("token id " + id + " is outside the vocabulary of 320");
      }
    }
  }

  @Test
  void cancelledByTheSink() {
    List<Integer> ids = both(sampled(1)).ids();
    for (int after = 1; after <= 11; after++) {
      String text =
          plain.tokenizer().decode(ids.stream().limit(after).mapToInt(id -> id).toArray());
      // Holds the last letter back, which must come all the same.
      String stop = text.substring(text.length() - 1) + "and more";
      Run expected = cancelled(plain, after, stop);
      assertConsistent(expected);
      assertThat(expected.ids()).isEqualTo(ids.subList(0, after));
      assertThat(expected.text()).isEqualTo(text);
      assertThat(expected.completion().finishReason()).isEqualTo(FinishReason.CANCELLED);
      assertEqual(cancelled(drafted, after, stop), expected);
    }
  }

  private static Run cancelled(Engine engine, int after, String stop) {
    Cancellation cancellation = new Cancellation();
    return run(
        engine,
        PROMPT,
        sampled(1).withStops(List.of(stop)).withCancellation(cancellation),
        count -> {
          if (count == after) {
            cancellation.cancel();
          }
        });
  }

  @Test
  void cancelledBeforeItBegins() {
    Cancellation cancellation = new Cancellation();
    cancellation.cancel();
    for (Engine engine : List.of(plain, drafted)) {
      try (Session session = engine.newSession()) {
        Completion nothing =
            session.generate(PROMPT, sampled(1).withCancellation(cancellation), token -> {});
        assertThat(nothing.tokenIds()).isEmpty();
        assertThat(nothing.text()).isEmpty();
        assertThat(nothing.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(session.generate(PROMPT, sampled(1), token -> {}).tokenIds())
            .isEqualTo(both(sampled(1)).ids());
      }
    }
  }

  /** What the sink throws reaches the caller, and the session goes on as if nothing had been. */
  @Test
  void aSinkThatFails() {
    List<Integer> ids = both(sampled(1)).ids();
    for (Engine engine : List.of(plain, drafted)) {
      try (Session session = engine.newSession()) {
        List<Token> seen = new ArrayList<>();
        assertThatThrownBy(() ->
                session.generate(
                    PROMPT,
                    sampled(1),
                    token -> {
                      seen.add(token);
                      if (seen.size() == 3) {
                        throw new IllegalStateException("the pipe is closed");
                      }
                    }))
            .hasMessage("the pipe is closed");
        assertThat(seen).hasSize(3);
        assertThat(session.generate(PROMPT, sampled(1), token -> {}).tokenIds()).isEqualTo(ids);
      }
    }
  }

  @Test
  void sessionsAtOnceAreAsAlone() throws Exception {
    List<Integer> seeds = List.of(1, 2, 3, 4);
    List<Run> alone = seeds.stream().map(seed -> both(sampled(seed))).toList();
    for (Engine engine : List.of(plain, drafted)) {
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        List<Callable<Run>> tasks = new ArrayList<>();
        seeds.forEach(seed -> tasks.add(() -> run(engine, PROMPT, sampled(seed), count -> {})));
        List<Future<Run>> results = threads.invokeAll(tasks);
        for (int i = 0; i < alone.size(); i++) {
          assertEqual(results.get(i).get(), alone.get(i));
        }
      }
    }
  }
}
