package dev.dovetail.models.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.RopeConfig.Scaling;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TinyModels;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
  @TempDir Path folder;

  @Test
  void defaults() throws IOException {
    ModelConfig config =
        read(
            llama()
                .remove("llama.attention.key_length")
                .remove("llama.attention.value_length")
                .remove("llama.rope.freq_base")
                .remove("general.name"));
    assertThat(config.headDim()).isEqualTo(TinyModels.HEAD_DIM);
    assertThat(config.rope().base()).isEqualTo(10_000f);
    assertThat(config.rope().scaling()).isEqualTo(new Scaling.None());
    assertThat(config.rope().frequencyFactors()).isEmpty();
    assertThat(config.name()).isEmpty();
    // As many key-value heads as heads, where the file does not say: the tensors here disagree.
    assertFault(
        llama().remove("llama.attention.head_count_kv"),
        "tensor 'blk.0.attn_k.weight': has shape [128, 256]; the metadata ask for [256, 256]");
  }

  @Test
  void ropeScaling() throws IOException {
    assertThat(scaling(llama().put("llama.rope.scaling.type", "none")))
        .isEqualTo(new Scaling.None());
    assertThat(scaling(llama().put("llama.rope.scale_linear", 4f)))
        .isEqualTo(new Scaling.Linear(4));
    assertThat(scaling(llama().put("llama.rope.scaling.factor", 0f))).isEqualTo(new Scaling.None());
    assertThat(
            scaling(
                llama()
                    .put("llama.rope.scaling.type", "linear")
                    .put("llama.rope.scaling.factor", 2f)))
        .isEqualTo(new Scaling.Linear(2));
    assertThat(
            scaling(
                llama()
                    .put("llama.rope.scaling.type", "yarn")
                    .put("llama.rope.scaling.factor", 4f)
                    .put("llama.rope.scaling.original_context_length", 256)
                    .put("llama.rope.scaling.yarn_beta_fast", 16f)))
        .isEqualTo(new Scaling.Yarn(4, 256, 16, 1));
    assertFault(
        llama().put("llama.rope.scaling.type", "longrope"), "scales its positions by 'longrope'");
    assertFault(llama().put("llama.rope.scaling.factor", -1f), "impossible factor -1.0");
    assertFault(llama().put("llama.rope.scaling.factor", Float.NaN), "impossible factor NaN");
  }

  @Test
  void ropeMagnitude() throws IOException {
    assertThat(read(llama()).rope().magnitude()).isEqualTo(1);
    GgufWriter writer = llama().put("llama.rope.scaling.attn_factor", 0.5f);
    assertThat(read(writer).rope().magnitude()).isEqualTo(0.5f);
    writer.put("llama.rope.scaling.type", "yarn").put("llama.rope.scaling.factor", 4f);
    assertThat(read(writer).rope().magnitude())
        .isEqualTo((float) (0.5 * (1 + 0.1 * StrictMath.log(4))));
    writer.put("llama.rope.scaling.factor", 0.5f);
    assertThat(read(writer).rope().magnitude()).isEqualTo(0.5f);
  }

  /** As in llama.cpp, where such a file gives the same logits with the key as without it. */
  @Test
  void slidingWindowsAreNotRead() throws IOException {
    assertThat(read(llama().put("llama.attention.sliding_window", 8))).isEqualTo(read(llama()));
  }

  @Test
  void frequencyFactors() throws IOException {
    float[] factors = new float[TinyModels.HEAD_DIM / 2];
    Arrays.fill(factors, 8);
    factors[0] = 1;
    ModelConfig config =
        read(
            llama()
                .tensor(
                    "rope_freqs.weight", TensorType.F32, List.of(32L), TinyWeights.bytes(factors)));
    assertThat(config.rope().frequencyFactors())
        .hasValueSatisfying(found -> assertThat(found).isEqualTo(factors));
    factors[3] = 0;
    assertFault(
        llama()
            .tensor("rope_freqs.weight", TensorType.F32, List.of(32L), TinyWeights.bytes(factors)),
        "tensor 'rope_freqs.weight': holds the impossible factor 0.0");
    assertFault(
        llama().tensor("rope_freqs.weight", TensorType.F32, List.of(2L), TinyWeights.bytes(1, 1)),
        "tensor 'rope_freqs.weight': is F32 [2]; F32 [32] is wanted");
  }

  @Test
  void llamaWithBiases() throws IOException {
    GgufWriter writer = llama();
    for (int i = 0; i < TinyModels.LAYERS; i++) {
      bias(writer, "blk." + i + ".attn_q.bias", 256);
      bias(writer, "blk." + i + ".attn_k.bias", 128);
      bias(writer, "blk." + i + ".attn_v.bias", 128);
    }
    assertThat(read(writer).qkvBias()).isTrue();
    assertFault(writer.removeTensor("blk.1.attn_v.bias"), "tensor 'blk.1.attn_v.bias': is missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "phi3", "", "clip"})
  void otherArchitectures(String architecture) throws IOException {
    assertFault(
        llama().put("general.architecture", architecture),
        "is a model of architecture '%s'; those that run are llama, qwen2 and qwen3"
            .formatted(architecture));
  }

  @Test
  void mixturesOfExperts() throws IOException {
    assertFault(llama().put("llama.expert_count", 8), "is a mixture of 8 experts");
    assertThat(read(llama().put("llama.expert_count", 0)).layers()).isEqualTo(TinyModels.LAYERS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "block_count | 0 | metadata 'llama.block_count' is 0; 1 to 4096 is wanted",
        "block_count | 2000000000 | is 2000000000; 1 to 4096 is wanted",
        "block_count | 4 | tensor 'blk.3.attn_norm.weight': is missing from the file",
        "block_count | 2 | tensor 'blk.2.attn_norm.weight': is no part of a llama decoder",
        "embedding_length | 0 | 'llama.embedding_length' is 0",
        "embedding_length | 512 | 'token_embd.weight': has shape [320, 256]; the metadata ask for"
            + " [320, 512]",
        "feed_forward_length | 256 | 'blk.0.ffn_gate.weight': has shape [512, 256]; the metadata"
            + " ask for [256, 256]",
        "attention.head_count | 0 | 'llama.attention.head_count' is 0",
        "attention.head_count | 3 | has 3 query heads and 2 key-value heads",
        "attention.head_count_kv | 3 | has 4 query heads and 3 key-value heads",
        "attention.head_count_kv | 0 | 'llama.attention.head_count_kv' is 0",
        "attention.key_length | 32 | has keys of width 32 and values of width 64",
        "attention.head_count | 1048576 | 1048576 heads of width 64",
        "rope.dimension_count | 63 | rotates 63 values of a head; an even number from 2 to 64",
        "rope.dimension_count | 128 | rotates 128 values of a head",
        "rope.dimension_count | 0 | rotates 0 values of a head",
        "rope.freq_base | 0 | 'llama.rope.freq_base' is 0.0; a positive number is wanted",
        "context_length | 0 | 'llama.context_length' is 0",
        "context_length | -5 | 'llama.context_length' is -5",
        "context_length | 2147483647 | is 2147483647; 1 to 16777216 is wanted",
        "attention.layer_norm_rms_epsilon | 2 | is 2.0; a number from 0 to 1 is wanted",
      })
  void impossibleSizes(String key, int value, String message) throws IOException {
    assertFault(llama().put("llama." + key, value), message);
  }

  @Test
  void headsThatDoNotDivideTheWidth() throws IOException {
    assertFault(
        llama().remove("llama.attention.key_length").put("llama.attention.head_count", 6),
        "has 6 heads, which do not divide the width 256");
  }

  @Test
  void wrongTensors() throws IOException {
    assertFault(
        llama().replace("output_norm.weight", TensorType.Q8_0, List.of(256L), new byte[272]),
        "tensor 'output_norm.weight': is a vector of type Q8_0; one of [F32, F16, BF16] is wanted");
    assertFault(
        llama()
            .replace("blk.0.attn_q.weight", TensorType.I32, List.of(256L, 256L), new byte[262144]),
        "tensor 'blk.0.attn_q.weight': holds integers (I32) where weights are wanted");
    assertFault(
        llama().replace("token_embd.weight", TensorType.F32, List.of(4L), new byte[16]),
        "tensor 'token_embd.weight': has shape [4]; [vocabulary][width]");
    assertFault(
        llama()
            .replace("token_embd.weight", TensorType.F16, List.of(1048577L, 1L), new byte[2097154]),
        "has shape [1048577, 1]; [vocabulary][width] with at most 1048576 rows is wanted");
    assertFault(
        llama().removeTensor("token_embd.weight"), "tensor 'token_embd.weight': is missing");
    assertFault(
        llama().tensor("blk.0.attn_output.bias", TensorType.F32, List.of(256L), new byte[1024]),
        "tensor 'blk.0.attn_output.bias': is no part of a llama decoder of 3 layers");
    assertFault(
        TinyModels.writer("qwen2", TensorType.Q4_K, 3, true).removeTensor("blk.0.attn_q.bias"),
        "tensor 'blk.0.attn_q.bias': is missing");
    assertFault(
        TinyModels.writer("qwen3", TensorType.Q4_K, 3, true)
            .removeTensor("blk.2.attn_k_norm.weight"),
        "tensor 'blk.2.attn_k_norm.weight': is missing");
    assertFault(
        llama().replace("token_embd.weight", TensorType.F16, List.of(319L, 256L), new byte[163328]),
        "has 320 tokens in its vocabulary, but 319 rows in token_embd.weight");
    assertFault(
        llama().replace("token_embd.weight", TensorType.F16, List.of(321L, 256L), new byte[164352]),
        "has 320 tokens in its vocabulary, but 321 rows in token_embd.weight");
  }

  @Test
  void metadataOfAnotherKind() throws IOException {
    assertFault(llama().remove("llama.block_count"), "metadata 'llama.block_count' is missing");
    assertFault(
        llama().put("llama.attention.head_count_kv", new int[] {2, 2, 2}),
        "metadata 'llama.attention.head_count_kv' is an array of int; an integer is wanted");
  }

  private static GgufWriter llama() {
    return TinyModels.writer("llama", TensorType.Q4_K, 3, true);
  }

  private static void bias(GgufWriter writer, String name, int size) {
    writer.tensor(name, TensorType.F32, List.of((long) size), new byte[4 * size]);
  }

  private Scaling scaling(GgufWriter writer) throws IOException {
    return read(writer).rope().scaling();
  }

  private ModelConfig read(GgufWriter writer) throws IOException {
    Path path = folder.resolve("model.gguf");
    writer.write(path);
    try (GgufFile file = GgufFile.open(path)) {
      return file.modelConfig();
    }
  }

  private void assertFault(GgufWriter writer, String message) {
    assertThatThrownBy(() -> read(writer))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(folder.resolve("model.gguf").toString())
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }
}
