package dev.dovetail.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bytes by hand: LLaMA2-7B has 4 x 4096 x 4096 + 3 x 4096 x 11008 = 202,375,168 weights a layer.
 */
class BudgetTest {
  private static final long LAYER_F16 = 2 * 202_375_168L + 2 * 4096 * 4;
  private static final long LAYER_F32 = 4 * 202_375_168L + 2 * 4096 * 4;
  private static final long TABLE_F16 = 262_144_000;
  private static final long TABLE_F32 = 524_288_000;
  private static final long KV_F16_OF_1024 = 16_777_216;
  private static final long DRAFT_ONLY = 3_131_475_456L;

  /** Numbers that layers keep for a token: a rotation, and vectors of 4096 and of 11008. */
  private static final long TOKEN = 128 + 6 * 4096 + 3 * 11008;

  private static final ModelShape TARGET =
      KnownShape.LLAMA2_7B.target(TensorType.F32, TensorType.F16);
  private static final DraftShape DRAFT = KnownShape.LLAMA2_7B.draft(5, TensorType.F16);
  private static final Budget BUDGET = new Budget(TARGET, Optional.of(DRAFT), 1024, KvType.F16);

  @Test
  void aPassReadsAllButTheEmbedding() {
    assertThat(TARGET.cpuWork(0))
        .isEqualTo(new PassWork(26_429_374_464L, 6_607_077_376L, 131_072_000));
  }

  @Test
  void layersOnTheGpuAreNotReadByTheCpu() {
    assertThat(TARGET.cpuWork(10))
        .isEqualTo(
            new PassWork(
                26_429_374_464L - 10 * LAYER_F32, 6_607_077_376L - 10 * 202_375_168L, 131_072_000));
  }

  @Test
  void aDraftReadsItsLayersItsFusionAndItsHead() {
    long fusion = 2 * 4 * 4096L * 4096;
    assertThat(DRAFT.stepWork())
        .isEqualTo(
            new PassWork(
                5 * LAYER_F16 + fusion + TABLE_F16,
                5 * 202_375_168L + 4 * 4096L * 4096 + 131_072_000,
                131_072_000));
  }

  @Test
  void everyByteHasAPlace() {
    Placement placement = BUDGET.place(true, 10);

    assertThat(placement.gpu())
        .isEqualTo(
            Map.of(
                Part.CUDA_CONTEXT,
                314_572_800L,
                Part.ACTIVATIONS,
                4 * ((129 + 128) * TOKEN + 128 * 5 * 4096 + 130 * 4096 + 64 * 32000),
                Part.DRAFT_LAYERS,
                5 * LAYER_F16 - 4 * 4096,
                Part.DRAFT_FUSION,
                2 * 4 * 4096L * 4096 + 4 * 4096,
                Part.DRAFT_HEAD,
                TABLE_F16,
                Part.DRAFT_EMBEDDING,
                TABLE_F16,
                Part.DRAFT_KV,
                5 * KV_F16_OF_1024,
                Part.TARGET_LAYERS,
                10 * LAYER_F16,
                Part.TARGET_KV,
                10 * KV_F16_OF_1024));
    assertThat(placement.cpu())
        .isEqualTo(
            Map.of(
                Part.TARGET_LAYERS,
                22 * LAYER_F32,
                Part.TARGET_KV,
                22 * KV_F16_OF_1024,
                Part.TARGET_HEAD,
                TABLE_F32 + 4 * 4096,
                Part.TARGET_EMBEDDING,
                TABLE_F32));
    assertThat(placement.gpuBytes())
        .isEqualTo(DRAFT_ONLY + 4 * 128 * TOKEN + 10 * (LAYER_F16 + KV_F16_OF_1024));
  }

  @ParameterizedTest
  @CsvSource({
    "0, false, 0",
    "340000000, false, 0",
    "1073741824, false, 1",
    "3131475455, false, 6",
    "3131475456, true, 0",
    "3221225472, true, 0",
    "7516192768, true, 10",
    "16650962431, true, 31",
    "16650962432, true, 32",
    "99999999999, true, 32",
  })
  void theLargestPlanThatFits(long bytes, boolean draftOnGpu, int layers) {
    Budget.Plan plan = BUDGET.largest(bytes);

    assertThat(plan.placement()).isEqualTo(BUDGET.place(draftOnGpu, layers));
    assertThat(plan.placement().gpuBytes()).isLessThanOrEqualTo(bytes);
    assertThat(plan.next().isPresent()).isEqualTo(layers < 32);
    plan.next().ifPresent(next -> assertThat(next.gpuBytes()).isGreaterThan(bytes));
  }

  @Test
  void withoutADraftLayersAreWhatAGpuIsFor() {
    Budget budget = new Budget(TARGET, Optional.empty(), 1024, KvType.F32);

    Placement placement = budget.largest(3L << 30).placement();

    assertThat(placement.draftOnGpu()).isFalse();
    assertThat(placement.gpuLayers()).isEqualTo(6);
    assertThat(placement.gpu())
        .containsOnlyKeys(Part.CUDA_CONTEXT, Part.ACTIVATIONS, Part.TARGET_LAYERS, Part.TARGET_KV)
        .containsEntry(Part.TARGET_KV, 6 * 2 * KV_F16_OF_1024);
  }

  @Test
  void aModelsFileIsCountedAsItsPassesAre(@TempDir Path folder) throws IOException {
    Path file = TinyModels.write(folder.resolve("tiny.gguf"), "qwen2", TensorType.Q4_1, 5);
    try (Model model = Model.open(file)) {
      ModelShape shape = ModelShape.of(model);

      assertThat(shape.cpuWork(0)).isEqualTo(PassWork.of(model));
      long all = model.tensors().tensors().stream().mapToLong(t -> t.data().byteSize()).sum();
      Placement placement =
          new Budget(shape, Optional.empty(), 16, KvType.F32).place(false, TinyModels.LAYERS - 1);
      long kv = 2L * 4 * TinyModels.KV_HEADS * TinyModels.HEAD_DIM * 16 * TinyModels.LAYERS;
      assertThat(
              placement.cpuBytes()
                  + placement.gpu().get(Part.TARGET_LAYERS)
                  + placement.gpu().get(Part.TARGET_KV))
          .isEqualTo(all + kv);
    }
  }

  @Test
  void aGpuMayKeepATypeOtherwise(@TempDir Path folder) throws IOException {
    Path file = TinyModels.write(folder.resolve("tiny.gguf"), "qwen2", TensorType.Q5_0, 5);
    try (Model model = Model.open(file)) {
      long vectors =
          4L
              * (2 * TinyModels.HIDDEN
                  + (TinyModels.HEADS + 2 * TinyModels.KV_HEADS) * TinyModels.HEAD_DIM);
      assertThat(ModelShape.of(model, type -> 5.5)).isEqualTo(ModelShape.of(model));
      assertThat(ModelShape.of(model, type -> 32).gpuLayerBytes())
          .hasSize(TinyModels.LAYERS)
          .containsOnly(4 * ModelShape.of(model).layerMacs() + vectors);
      assertThat(ModelShape.of(model, type -> 32).layerBytes())
          .isEqualTo(ModelShape.of(model).layerBytes());
    }
  }

  @Test
  void theDraftsPlaceMayBeDecided() {
    Budget.Plan plan = BUDGET.largest(7L << 30, false);
    assertThat(plan.placement().draftOnGpu()).isFalse();
    assertThat(plan.placement().gpuLayers()).isGreaterThan(10);
    assertThat(plan.placement().gpuBytes()).isLessThanOrEqualTo(7L << 30);
    assertThat(plan.next().orElseThrow().gpuBytes()).isGreaterThan(7L << 30);
    assertThat(BUDGET.largest(7L << 30, true)).isEqualTo(BUDGET.largest(7L << 30));
  }

  @Test
  void namesAreThoseThereAre() {
    assertThat(KnownShape.named("LLaMA2-13B")).isEqualTo(KnownShape.LLAMA2_13B);
    assertThatThrownBy(() -> KnownShape.named("gpt-5"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "there is no shape 'gpt-5'; wanted one of llama2-7b, llama2-13b, llama3-8b,"
                + " qwen2.5-7b");
  }

  @Test
  void aDraftHasALayer() {
    assertThatThrownBy(() -> KnownShape.LLAMA2_7B.draft(0, TensorType.F16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a draft has at least 1 layer; found 0");
  }
}
