package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.dgf.GuessingDraft.Guess;
import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With any draft, any tree, any way of choosing and any number of threads: the ids of plain
 * decoding.
 */
class IdentityTest {
  private static final int TOKENS = 24;
  private static final int[] PROMPT = TinyGeneration.prompt(9);
  private static final List<TreeShape> SHAPES =
      Stream.of("1", "2", "4", "3x2", "2x8").map(TreeShape::parse).toList();

  @TempDir private static Path folder;

  private static final Map<String, List<List<Integer>>> PLAIN = new HashMap<>();

  /** Ids of plain decoding on one thread, for each of the samplings. */
  private static List<List<Integer>> plain(String architecture, KvType kv) throws IOException {
    List<List<Integer>> known = PLAIN.get(architecture + kv);
    if (known == null) {
      Path model = TinyGeneration.model(folder, architecture);
      try (Engine engine = Dovetail.open(model).draft(Draft.none()).threads(1).kv(kv).build()) {
        known =
            TinyGeneration.SAMPLINGS.stream()
                .map(s -> TinyGeneration.generate(engine, PROMPT, options(s)).tokenIds())
                .toList();
      }
      PLAIN.put(architecture + kv, known);
    }
    return known;
  }

  private static GenerationOptions options(SamplingOptions sampling) {
    return TinyGeneration.options(sampling, TOKENS);
  }

  static Stream<Arguments> guesses() {
    return Arrays.stream(Guess.values())
        .flatMap(guess ->
            Stream.of(
                Arguments.of(guess, "llama", 1, KvType.F32),
                Arguments.of(guess, "llama", 3, KvType.F32),
                Arguments.of(guess, "llama", 2, KvType.F16),
                Arguments.of(guess, "qwen2", 2, KvType.F32)));
  }

  @ParameterizedTest
  @MethodSource("guesses")
  void knownGuesses(Guess guess, String architecture, int threads, KvType kv) throws IOException {
    Path model = TinyGeneration.model(folder, architecture);
    Draft draft = GuessingDraft.of(guess, model);
    try (Engine engine = Dovetail.open(model).draft(draft).threads(threads).kv(kv).build()) {
      assertIdentity(
          engine,
          plain(architecture, kv),
          (shape, text) -> {
            switch (guess) {
              case PERFECT ->
                  assertThat(text.stats().rounds())
                      .isEqualTo(Math.ceilDiv(text.tokenIds().size() - 1, shape.depth() + 1));
              case WRONG -> {
                assertThat(text.stats().drafted()).isPositive();
                assertThat(text.stats().accepted()).isZero();
              }
              case RANDOM -> assertThat(text.stats().drafted()).isPositive();
              case EMPTY -> assertThat(text.stats().drafted()).isZero();
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50})
  void draftNetworkOfRandomWeights(int draftVocabulary) throws IOException {
    Path draft = TinyDraft.standard().draftVocabulary(draftVocabulary).write(folder);
    Path model = TinyGeneration.model(folder, "llama");
    try (Engine engine = TinyGeneration.open(model, Draft.of(draft), 2)) {
      assertThat(engine.draftName()).startsWith("dgf tiny (2 layers, ");
      assertIdentity(
          engine,
          plain("llama", KvType.F32),
          (shape, text) -> {
            assertThat(text.stats().drafted()).isPositive();
            assertThat(text.stats().bytesToDraft()).isPositive();
          });
    }
  }

  /** A tiny model of random weights repeats itself before long. */
  @Test
  void lookupsAloneAndBeforeADraft() throws IOException {
    Path model = TinyGeneration.model(folder, "llama");
    Path network = TinyDraft.standard().write(folder);
    for (Draft draft :
        List.of(
            Draft.lookup(),
            Draft.lookup(Draft.of(network)),
            Draft.lookup(GuessingDraft.of(Guess.WRONG, model)))) {
      long[] lookedUp = {0};
      try (Engine engine = TinyGeneration.open(model, draft, 2)) {
        assertThat(engine.draftName()).startsWith("lookup");
        assertIdentity(
            engine,
            plain("llama", KvType.F32),
            (shape, text) -> {
              lookedUp[0] += text.stats().counts().lookedUp();
              if (draft.model() instanceof Draft.None) {
                long guessed = text.stats().counts().byNodes().getOrDefault(shape.depth(), 0L);
                assertThat(guessed).isLessThanOrEqualTo(text.stats().counts().lookedUp());
                assertThat(text.stats().bytesFromDraft()).isZero();
              }
            });
        assertThat(lookedUp[0]).isPositive();
      }
    }
  }

  private static void assertIdentity(
      Engine engine, List<List<Integer>> plain, BiConsumer<TreeShape, Completion> more) {
    for (TreeShape shape : SHAPES) {
      for (int i = 0; i < TinyGeneration.SAMPLINGS.size(); i++) {
        SamplingOptions sampling = TinyGeneration.SAMPLINGS.get(i);
        Completion text =
            TinyGeneration.generate(engine, PROMPT, options(sampling).withTree(shape));
        assertThat(text.tokenIds())
            .as("%s, %s, tree %s", engine.draftName(), sampling, shape)
            .isEqualTo(plain.get(i));
        more.accept(shape, text);
      }
    }
  }

  /** Prompts that continue, cut or replace what the session holds, some longer than a pass. */
  @Test
  void aSessionUsedAgain() throws IOException {
    Path model = TinyGeneration.model(folder, "llama");
    Path network = TinyDraft.standard().write(folder);
    int[] all = TinyGeneration.prompt(300);
    List<int[]> prompts =
        List.of(
            Arrays.copyOf(all, 20),
            Arrays.copyOf(all, 270),
            Arrays.copyOf(all, 270),
            Arrays.copyOf(all, 131),
            Arrays.copyOfRange(all, 5, 20),
            Arrays.copyOf(all, 1),
            Arrays.copyOf(all, 40));
    GenerationOptions options =
        TinyGeneration.options(SamplingOptions.of(0.8f, 3), 8).withTree(TreeShape.parse("3x2"));
    for (Draft draft :
        List.of(
            GuessingDraft.of(Guess.PERFECT, model),
            Draft.of(network),
            Draft.lookup(Draft.of(network)))) {
      try (Engine engine = TinyGeneration.open(model, draft, 2);
          Session session = engine.newSession()) {
        for (int[] prompt : prompts) {
          assertThat(session.generate(prompt, options, token -> {}).tokenIds())
              .as("%s, a prompt of %d", engine.draftName(), prompt.length)
              .isEqualTo(TinyGeneration.generate(engine, prompt, options).tokenIds());
        }
      }
    }
  }
}
