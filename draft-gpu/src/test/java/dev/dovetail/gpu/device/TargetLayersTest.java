package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.DraftShapes;
import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.plan.Budget;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.engine.plan.Part;
import dev.dovetail.engine.plan.Placement;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.HumanEval;
import dev.dovetail.models.testing.TestWeights;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers of the target on the GPU that the CPU plays, with and without a draft beside them. */
class TargetLayersTest {
  private static final long MEMORY = 1L << 30;
  private static final int LAYERS = 10;
  private static final int PROMPTS = 2;
  private static final int TOKENS = 6;
  private static final TreeShape TREE = TreeShape.parse("2x2");

  @TempDir private static Path folder;

  private final List<String> warnings = new ArrayList<>();

  @BeforeAll
  static void needsACompiler() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
  }

  private Dovetail.Builder open(Path model, Draft draft) {
    return Dovetail.open(model).draft(draft).onWarning(warnings::add);
  }

  /** Texts of one engine. */
  private record Outcome(List<List<Integer>> texts, int layers, long accepted, String draft) {}

  private static Outcome texts(Dovetail.Builder builder, List<String> prompts) {
    try (PlayedGpu.Play play = PlayedGpu.play(new HostDriver(MEMORY, 1), MEMORY)) {
      List<List<Integer>> texts = new ArrayList<>();
      long accepted = 0;
      int layers;
      String draft;
      try (Engine engine = builder.build()) {
        layers = engine.gpuLayers();
        draft = engine.draftName();
        for (int i = 0; i < prompts.size(); i++) {
          SamplingOptions sampling =
              i % 2 == 0 ? SamplingOptions.GREEDY : SamplingOptions.of(0.8f, i);
          Completion text =
              engine.complete(
                  prompts.get(i),
                  GenerationOptions.greedy()
                      .withSampling(sampling)
                      .withMaxTokens(TOKENS)
                      .withTree(TREE),
                  token -> {});
          assertThat(text.stats().gpuLayers()).isEqualTo(layers);
          assertThat(text.stats().peakVramBytes() > 0).isEqualTo(layers > 0);
          texts.add(text.tokenIds());
          accepted += text.stats().accepted();
        }
      }
      play.device().ifPresent(gpu -> assertThat(gpu.usedBytes()).isZero());
      return new Outcome(texts, layers, accepted, draft);
    }
  }

  @Test
  void speculativeEqualsPlainWithTenLayersOnTheGpu() {
    Path model = TestWeights.smolLm2();
    List<String> prompts =
        HumanEval.prompts().stream()
            .sorted(Comparator.comparingInt(String::length))
            .limit(PROMPTS)
            .toList();
    Outcome plain = texts(open(model, Draft.none()).context(512).gpuLayers(LAYERS), prompts);
    Outcome drafted = texts(open(model, Draft.auto()).context(512).gpuLayers(LAYERS), prompts);

    assertThat(warnings).isEmpty();
    assertThat(plain.layers()).isEqualTo(LAYERS);
    assertThat(drafted.layers()).isEqualTo(LAYERS);
    assertThat(drafted.draft()).contains(" on cuda, ");
    assertThat(drafted.accepted()).isPositive();
    assertThat(plain.texts()).allMatch(text -> text.size() == TOKENS);
    assertThat(drafted.texts()).isEqualTo(plain.texts());
  }

  private static Path tiny() throws IOException {
    return TinyGeneration.model(folder, "llama");
  }

  @Test
  void autoTakesWhatThePlanTakes() throws IOException {
    Path path = tiny();
    try (Model model = Model.open(path)) {
      Budget budget = new Budget(ModelShape.of(model), Optional.empty(), 64, KvType.F32);
      long two = budget.place(false, 2).gpuBytes();
      for (long vram : List.of(1L << 20, two - 1, two, MEMORY)) {
        Outcome outcome = texts(open(path, Draft.none()).context(64).vram(vram), List.of("def f("));
        assertThat(outcome.layers())
            .as("layers in %d bytes", vram)
            .isEqualTo(budget.largest(vram).placement().gpuLayers());
      }
      assertThat(budget.largest(two).placement().gpuLayers()).isEqualTo(2);
      assertThat(budget.largest(two - 1).placement().gpuLayers()).isEqualTo(1);
      assertThat(warnings).isEmpty();

      Outcome most = texts(open(path, Draft.none()).context(64).vram(two).gpuLayers(99), List.of());
      assertThat(most.layers()).isEqualTo(2);
      assertThat(warnings)
          .containsExactly(
              "2 of the model's 3 layers run on the GPU, as many as fit its budget of %d MiB; 3 were wanted"
                  .formatted(two >> 20));
    }
  }

  /** Of a session that has not begun, so without keys and values, and without the driver's own. */
  @Test
  void thePlanCountsWhatIsTaken() throws IOException {
    Path path = tiny();
    Path checkpoint = TinyDraft.standard().write(folder);
    try (PlayedGpu.Play play = PlayedGpu.play(new HostDriver(MEMORY, 1), MEMORY);
        Model model = Model.open(path);
        Engine engine = open(path, Draft.of(checkpoint)).context(64).gpuLayers(2).build();
        Session session = engine.newSession()) {
      Placement planned =
          new Budget(
                  ModelShape.of(model),
                  Optional.of(DraftShapes.open(checkpoint, model)),
                  64,
                  KvType.F32)
              .place(true, 2);
      long counted = planned.gpuBytes();
      for (Part part : List.of(Part.CUDA_CONTEXT, Part.DRAFT_KV, Part.TARGET_KV)) {
        counted -= planned.gpu().get(part);
      }
      long taken = play.device().orElseThrow().usedBytes();

      assertThat(engine.gpuLayers()).isEqualTo(2);
      assertThat(session).isNotNull();
      // The tables of the caches' pages.
      assertThat(taken - counted).isBetween(0L, 64L);
    }
  }

  @Test
  void allLayersMayGo() throws IOException {
    Path draft = TinyDraft.standard().draftVocabulary(40).write(folder);
    List<String> prompts = List.of("def f(", "one two");
    Outcome plain = texts(open(tiny(), Draft.none()).gpuLayers(99), prompts);
    Outcome drafted = texts(open(tiny(), Draft.of(draft)), prompts);
    assertThat(plain.layers()).isEqualTo(TinyModels.LAYERS);
    assertThat(drafted.layers()).isEqualTo(TinyModels.LAYERS);
    assertThat(drafted.texts()).isEqualTo(plain.texts());
    assertThat(warnings).isEmpty();
  }

  @Test
  void noneMayGo() throws IOException {
    Outcome outcome = texts(open(tiny(), Draft.none()).gpuLayers(0), List.of("def f("));
    assertThat(outcome.layers()).isZero();
    assertThat(warnings).isEmpty();
  }

  @Test
  void layersNeedAGpuOnlyIfTheyAreNamed() throws IOException {
    Assumptions.assumeTrue(new PlayedGpu().unavailable().isPresent(), "there is a GPU");
    try (Engine engine = open(tiny(), Draft.none()).draftPlace(DraftPlace.CPU).build()) {
      assertThat(engine.gpuLayers()).isZero();
    }
    assertThat(warnings).isEmpty();
    Dovetail.Builder builder = open(tiny(), Draft.none()).gpuLayers(2);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("2 layers cannot run on a GPU: ")
        .hasMessageEndingWith("; --gpu-layers auto goes on without");
  }
}
