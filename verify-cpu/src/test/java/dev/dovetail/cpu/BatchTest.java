package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.BatchGenerator;
import dev.dovetail.engine.BatchPrompt;
import dev.dovetail.engine.BatchText;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.testing.TestWeights;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A text made among others is the one that a session makes of its prompt alone. */
class BatchTest {
  private static final long SEED = 77;
  private static final int FEW = 7;

  @TempDir private static Path folder;

  /**
   * Prompts of different lengths, the longest of more than one pass, greedy and sampled, of which
   * some end early.
   */
  private static List<BatchPrompt> prompts(int count, int vocabulary, int longest) {
    Random random = new Random(SEED);
    List<BatchPrompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = i == 3 ? longest : i == 5 ? 1 : 1 + random.nextInt(20);
      int[] ids = random.ints(length, 0, vocabulary).toArray();
      BatchPrompt prompt =
          BatchPrompt.greedy("p" + i, ids, i == 4 ? 0 : 1 + random.nextInt(12)).withFeatures();
      prompts.add(
          switch (i % 4) {
            case 0 -> prompt;
            case 1 -> prompt.withSampling(SamplingOptions.of(0.9f, i));
            case 2 -> prompt.withSampling(SamplingOptions.of(1.5f, i).withTopK(40).withTopP(0.9f));
            default ->
                prompt
                    .withSampling(SamplingOptions.of(1.2f, i).withRepeatPenalty(1.3f, 16))
                    .withStops(List.of("abcdefghijklmnopqrstuvwxyz0123456789".split("")));
          });
    }
    return prompts;
  }

  private static List<BatchText> run(Engine engine, int lanes, List<BatchPrompt> prompts) {
    List<BatchText> texts = new ArrayList<>();
    try (BatchGenerator batch = engine.newBatch(lanes)) {
      batch.run(prompts.iterator(), texts::add, new Cancellation());
      assertThat(batch.promptTokens())
          .isEqualTo(prompts.stream().mapToLong(prompt -> prompt.tokens().length).sum());
      assertThat(batch.generatedTokens())
          .isEqualTo(texts.stream().mapToLong(text -> text.tokenIds().size()).sum());
    }
    return texts;
  }

  private static void assertAlone(Engine engine, BatchText text, String what) {
    BatchPrompt prompt = text.prompt();
    int[] ids = prompt.tokens();
    if (prompt.maxTokens() == 0) {
      assertThat(text.tokenIds()).as(what).isEmpty();
      assertThat(text.finishReason()).as(what).isEqualTo(FinishReason.LENGTH);
    } else {
      GenerationOptions options =
          GenerationOptions.greedy()
              .withMaxTokens(prompt.maxTokens())
              .withSampling(prompt.sampling())
              .withStops(prompt.stops());
      try (Session session = engine.newSession()) {
        Completion alone = session.generate(ids, options, token -> {});
        assertThat(text.tokenIds()).as(what).isEqualTo(alone.tokenIds());
        assertThat(text.text()).as(what).isEqualTo(alone.text());
        assertThat(text.finishReason()).as(what).isEqualTo(alone.finishReason());
      }
    }
    int generated = text.tokenIds().size();
    int[] read = Arrays.copyOf(ids, ids.length + Math.max(0, generated - 1));
    for (int i = ids.length; i < read.length; i++) {
      read[i] = text.tokenIds().get(i - ids.length);
    }
    try (Target target = engine.newTarget()) {
      assertThat(text.features()).as(what).containsExactly(features(target, read));
    }
  }

  @BeforeAll
  static void onFastKernels() {
    Assumptions.assumeTrue(
        KernelSettings.current().panama(),
        "scalar kernels take minutes; ModelBitsTest holds them to the same bits");
  }

  /** Of tokens that are read a few at a time. */
  private static float[] features(Target target, int[] ids) {
    int d = target.featureSize();
    float[] features = new float[ids.length * d];
    TreeBatch batch = new TreeBatch(FEW);
    int[] rows = IntStream.range(0, FEW).toArray();
    for (int from = 0; from < ids.length; from += FEW) {
      int n = Math.min(FEW, ids.length - from);
      batch.reset(from);
      for (int i = 0; i < n; i++) {
        batch.add(ids[from + i], i - 1);
      }
      target.pass(batch, Logits.NONE);
      System.arraycopy(target.features(), 0, features, from * d, n * d);
      target.commit(rows, n);
    }
    return features;
  }

  @ParameterizedTest
  @CsvSource({
    "llama Q4_1, 1, 2",
    "llama Q4_1, 3, 1",
    "qwen2 mix, 16, 2",
    "llama Q4_1 kv F16, 128, 3"
  })
  void textsAndFeaturesAreThoseOfEachAlone(String model, int lanes, int threads)
      throws IOException {
    List<BatchPrompt> prompts = prompts(20, TinyModels.VOCABULARY, 140);
    try (Engine engine = TinyTargets.open(folder, model, threads)) {
      List<BatchText> texts = run(engine, lanes, prompts);
      Set<FinishReason> reasons = new HashSet<>();
      Set<String> ids = new HashSet<>();
      for (BatchText text : texts) {
        ids.add(text.prompt().id());
        reasons.add(text.finishReason());
        assertAlone(engine, text, "%s, %d lanes, %s".formatted(model, lanes, text.prompt().id()));
      }
      assertThat(ids).hasSameSizeAs(prompts);
      assertThat(texts).hasSameSizeAs(prompts);
      assertThat(reasons).contains(FinishReason.LENGTH, FinishReason.STOP_SEQUENCE);
    }
  }

  @Test
  void realWeights() {
    List<BatchPrompt> prompts = prompts(4, 40_000, 130);
    try (Engine engine =
        Dovetail.open(TestWeights.smolLm2()).draft(Draft.none()).gpuLayers(0).build()) {
      List<BatchText> texts = run(engine, 3, prompts);
      assertThat(texts).hasSameSizeAs(prompts);
      for (BatchText text : texts) {
        assertAlone(engine, text, text.prompt().id());
      }
    }
  }

  @Test
  void aTextEndsWithTheContext() throws IOException {
    Path path = folder.resolve("llama-Q4_1.gguf");
    TinyTargets.open(folder, "llama Q4_1", 1).close();
    try (Engine engine = Dovetail.open(path).context(8).draft(Draft.none()).build()) {
      BatchPrompt seven = BatchPrompt.greedy("a", new int[] {9, 8, 7, 6, 5, 40, 41}, 100);
      BatchPrompt three = BatchPrompt.greedy("b", new int[] {9, 8, 7}, 100).withFeatures();
      for (BatchText text : run(engine, 2, List.of(seven, three))) {
        if (text.prompt().features()) {
          assertAlone(engine, text, text.prompt().id());
        }
        assertThat(text.prompt().tokens().length + text.tokenIds().size()).isLessThanOrEqualTo(8);
      }
      BatchPrompt eight = BatchPrompt.greedy("long one", new int[8], 1);
      assertThatThrownBy(() -> run(engine, 2, List.of(eight)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "prompt 'long one': the prompt has 8 tokens, the context holds 8: shorten it or choose"
                  + " a larger context");
    }
  }

  @Test
  void aCancelledRunKeepsWhatIsDone() throws IOException {
    try (Engine engine = TinyTargets.open(folder, "llama Q4_1", 2);
        BatchGenerator batch = engine.newBatch(2)) {
      Cancellation cancellation = new Cancellation();
      List<String> done = new ArrayList<>();
      List<BatchPrompt> prompts =
          List.of(
              BatchPrompt.greedy("short", new int[] {5, 6}, 0),
              BatchPrompt.greedy("long", new int[] {5, 6}, 50),
              BatchPrompt.greedy("later", new int[] {5}, 0));
      batch.run(
          prompts.iterator(),
          text -> {
            done.add(text.prompt().id());
            cancellation.cancel();
          },
          cancellation);
      assertThat(done).containsExactly("short");
      batch.run(prompts.iterator(), text -> done.add(text.prompt().id()), new Cancellation());
      assertThat(done).hasSize(4);
    }
  }

  @Test
  void misuseIsNamed() throws IOException {
    try (Engine engine = TinyTargets.open(folder, "llama Q4_1", 1)) {
      assertThatThrownBy(() -> engine.newBatch(0))
          .hasMessage("a batch has 1 to 128 texts at once; found 0");
      assertThatThrownBy(() -> engine.newBatch(129))
          .hasMessage("a batch has 1 to 128 texts at once; found 129");
      BatchGenerator batch = engine.newBatch(1);
      List<BatchPrompt> one = List.of(BatchPrompt.greedy("a", new int[] {5}, 1));
      batch.run(
          one.iterator(),
          text ->
              assertThatThrownBy(() -> batch.run(one.iterator(), again -> {}, new Cancellation()))
                  .hasMessage("this batch is running already: take one for each thread"),
          new Cancellation());
      batch.close();
      batch.close();
      assertThatThrownBy(() -> batch.run(one.iterator(), text -> {}, new Cancellation()))
          .hasMessage("the batch is closed");
    }
  }
}
