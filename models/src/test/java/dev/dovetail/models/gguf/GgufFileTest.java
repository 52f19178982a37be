package dev.dovetail.models.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.RopeConfig;
import dev.dovetail.models.RopeConfig.Scaling;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TestWeights;
import dev.dovetail.models.testing.TinyModels;
import dev.dovetail.models.testing.TinyTokenizer;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @TempDir Path folder;

  @Test
  void readsSmolLm2() {
    try (GgufFile file = GgufFile.open(TestWeights.smolLm2())) {
      assertThat(file.version()).isEqualTo(3);
      assertThat(file.metadata().size()).isEqualTo(33);
      assertThat(file.tensors()).hasSize(272);
      ModelConfig config = file.modelConfig();
      assertThat(config)
          .usingRecursiveComparison()
          .isEqualTo(
              new ModelConfig(
                  "llama",
                  "Smollm2 135M 8k Lc100K Mix1 Ep2",
                  30,
                  576,
                  9,
                  3,
                  64,
                  1536,
                  49152,
                  8192,
                  1e-5f,
                  new RopeConfig(64, 100_000f, true, new Scaling.None(), 1, Optional.empty()),
                  false,
                  false,
                  true));
      Tensor embedding = file.get("token_embd.weight");
      assertThat(embedding.type()).isEqualTo(TensorType.Q8_0);
      assertThat(embedding.shape()).containsExactly(49152L, 576L);
      // The distance between the places that the gguf package of Python gives.
      long start = embedding.data().address();
      assertThat(file.get("blk.0.attn_norm.weight").data().address() - start)
          .isEqualTo(31866688L - 1785664L);
      assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
          .hasSize(49152)
          .startsWith("<|endoftext|>", "<|im_start|>", "<|im_end|>");
      assertThat(file.metadata().findIntegers("tokenizer.ggml.token_type").orElseThrow())
          .hasSize(49152)
          .startsWith(3, 3, 3);
    }
  }

  @Test
  void readsQwenCoder() {
    try (GgufFile file = GgufFile.open(TestWeights.qwenCoder())) {
      assertThat(file.tensors()).hasSize(339);
      ModelConfig config = file.modelConfig();
      assertThat(config.architecture()).isEqualTo("qwen2");
      assertThat(config.vocabulary()).isEqualTo(151_936);
      assertThat(config.headDim()).isEqualTo(128);
      assertThat(config.kvHeads()).isEqualTo(2);
      assertThat(config.qkvBias()).isTrue();
      assertThat(config.tiedHead()).isFalse();
      assertThat(config.rope().interleaved()).isFalse();
      assertThat(config.rope().base()).isEqualTo(1_000_000f);
      assertThat(file.get("output.weight").type()).isEqualTo(TensorType.Q6_K);
      assertThat(file.get("token_embd.weight").type()).isEqualTo(TensorType.Q4_K);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "qwen3"})
  void readsTinyModels(String architecture) throws IOException {
    Path path = TinyModels.write(folder.resolve("tiny.gguf"), architecture, TensorType.F16, 7);
    try (GgufFile file = GgufFile.open(path)) {
      ModelConfig config = file.modelConfig();
      assertThat(config.layers()).isEqualTo(TinyModels.LAYERS);
      assertThat(config.vocabulary()).isEqualTo(TinyModels.VOCABULARY);
      assertThat(config.qkvBias()).isEqualTo(architecture.equals("qwen2"));
      assertThat(config.qkNorm()).isEqualTo(architecture.equals("qwen3"));
      assertThat(config.tiedHead()).isEqualTo(!architecture.equals("qwen2"));
      assertThat(config.rope().interleaved()).isEqualTo(architecture.equals("llama"));
      assertThat(config.rope().dimensions()).isEqualTo(TinyModels.HEAD_DIM);
      assertThat(file.metadata().strings("tokenizer.ggml.tokens"))
          .hasSize(TinyTokenizer.SIZE)
          .doesNotHaveDuplicates()
          .contains("Ġthe");
    }
  }

  @ParameterizedTest
  @EnumSource(value = TensorType.class, mode = Mode.EXCLUDE, names = "I32")
  void readsEveryWeightType(TensorType type) throws IOException {
    Path path = TinyModels.write(folder.resolve("tiny.gguf"), "llama", type, 8);
    try (GgufFile file = GgufFile.open(path)) {
      file.modelConfig();
      Tensor tensor = file.get("blk.2.ffn_down.weight");
      assertThat(tensor.type()).isEqualTo(type);
      assertThat(tensor.rows()).isEqualTo(TinyModels.HIDDEN);
      assertThat(tensor.cols()).isEqualTo(TinyModels.FEED_FORWARD);
      assertThat(tensor.data().address() % 8).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void roundTrip(int version) throws IOException {
    Path path = folder.resolve("round.gguf");
    new GgufWriter(version)
        .put("general.alignment", 64)
        .put("i8", (byte) -3)
        .put("i16", (short) -300)
        .put("u32", 70_000)
        .put("i32", -70_000)
        .put("u64", 1L << 40)
        .put("i64", -(1L << 40))
        .put("f32", 1.5f)
        .put("f64", Math.PI)
        .put("yes", true)
        .put("text", "grüße 🦊")
        .put("u8s", new byte[] {1, -1})
        .put("i16s", new short[] {1, -1})
        .put("i32s", new int[] {1, -1})
        .put("i64s", new long[] {1, -(1L << 40)})
        .put("f32s", new float[] {0.5f, -2})
        .put("f64s", new double[] {Math.E})
        .put("booleans", new boolean[] {true, false})
        .put("texts", List.of("a", "", "ö"))
        .put("none", List.of())
        .tensor("a", TensorType.F32, List.of(1L, 3L), TinyWeights.bytes(1, 2, 3))
        .tensor("b", TensorType.F32, List.of(2L), TinyWeights.bytes(4, 5))
        .write(path);
    GgufFile file = GgufFile.open(path);
    Metadata metadata = file.metadata();
    assertThat(file.version()).isEqualTo(version);
    assertThat(file.tensors()).extracting(Tensor::name).containsExactly("a", "b");
    assertThat(file.find("c")).isEmpty();
    assertThat(file.get("a").shape()).containsExactly(1L, 3L);
    assertThat(file.get("b").data().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(4, 5);
    assertThat(file.get("b").data().address() % 64).isZero();
    Tensor b = file.get("b");
    file.close();
    assertThatThrownBy(() -> b.data().get(ValueLayout.JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThat(metadata.keySet()).startsWith("general.alignment", "i8", "i16").endsWith("none");
    assertThat(metadata)
        .containsEntry("i8", -3L)
        .containsEntry("i16", -300L)
        .containsEntry("u32", 70_000L)
        .containsEntry("i32", -70_000L)
        .containsEntry("u64", 1L << 40)
        .containsEntry("i64", -(1L << 40))
        .containsEntry("f32", 1.5)
        .containsEntry("f64", Math.PI)
        .containsEntry("yes", true)
        .containsEntry("text", "grüße 🦊")
        .containsEntry("texts", List.of("a", "", "ö"))
        .containsEntry("none", List.of());
    assertThat(metadata.get("u8s")).isEqualTo(new int[] {1, 255});
    assertThat(metadata.get("i16s")).isEqualTo(new int[] {1, -1});
    assertThat(metadata.get("i32s")).isEqualTo(new int[] {1, -1});
    assertThat(metadata.get("i64s")).isEqualTo(new long[] {1, -(1L << 40)});
    assertThat(metadata.get("f32s")).isEqualTo(new float[] {0.5f, -2});
    assertThat(metadata.get("f64s")).isEqualTo(new double[] {Math.E});
    assertThat(metadata.get("booleans")).isEqualTo(new boolean[] {true, false});
    assertThat(metadata.findIntegers("absent")).isEmpty();
    assertThatThrownBy(() -> metadata.string("absent"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageEndingWith("metadata 'absent' is missing");
    assertThatThrownBy(() -> metadata.string("i8"))
        .hasMessageEndingWith("metadata 'i8' is an integer; a string is wanted");
    assertThatThrownBy(() -> metadata.strings("i32s"))
        .hasMessageEndingWith("metadata 'i32s' is an array of int; an array of strings is wanted");
    assertThatThrownBy(() -> metadata.integer("u64")).hasMessageContaining("out of range");
    assertThatThrownBy(() -> metadata.findIntegers("i64s")).hasMessageContaining("out of range");
    assertThatThrownBy(() -> metadata.put("new", 1L))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void readsSplitFilesAsOne() throws IOException {
    GgufWriter writer = TinyModels.writer("qwen2", TensorType.Q4_K, 9, false);
    Path whole = folder.resolve("whole.gguf");
    writer.write(whole);
    List<Path> parts = writer.writeSplit(folder, "tiny", 3);
    try (GgufFile one = GgufFile.open(whole);
        GgufFile split = GgufFile.open(parts.getFirst())) {
      assertThat(split.path()).isEqualTo(parts.getFirst());
      assertThat(split.modelConfig()).usingRecursiveComparison().isEqualTo(one.modelConfig());
      assertThat(split.tensors())
          .extracting(Tensor::name)
          .isEqualTo(one.tensors().stream().map(Tensor::name).toList());
      for (Tensor tensor : one.tensors()) {
        assertThat(split.get(tensor.name()).data().mismatch(tensor.data()))
            .as(tensor.name())
            .isEqualTo(-1);
      }
    }
    assertFault(parts.get(1), "is part 2 of 3 of a split model; open the first part");
    Path renamed = Files.copy(parts.getFirst(), folder.resolve("other.gguf"));
    assertFault(renamed, "must be named NAME-00001-of-00003.gguf");
    Files.copy(parts.get(1), parts.get(2), StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> GgufFile.open(parts.getFirst()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(parts.get(2).toString())
        .hasMessageContaining("says it is part 2 of 3; part 3 of 3 is wanted");
    Files.delete(parts.get(2));
    assertFault(parts.getFirst(), "part 3 of 3 is missing: " + parts.get(2));
  }

  @Test
  void missingFileAndFolder() {
    assertThatThrownBy(() -> GgufFile.open(folder.resolve("nothing.gguf")))
        .hasCauseInstanceOf(NoSuchFileException.class);
    assertFault(folder, "is a folder, not a file");
  }

  @Test
  void sameArgumentsSameBytes() {
    Map<Long, byte[]> bytes =
        Map.of(
            1L, TinyModels.writer("qwen3", TensorType.Q6_K, 1, true).toBytes(),
            2L, TinyModels.writer("qwen3", TensorType.Q6_K, 2, true).toBytes());
    assertThat(TinyModels.writer("qwen3", TensorType.Q6_K, 1, true).toBytes())
        .isEqualTo(bytes.get(1L))
        .isNotEqualTo(bytes.get(2L));
  }

  private static void assertFault(Path path, String message) {
    assertThatThrownBy(() -> GgufFile.open(path))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(path.toString())
        .hasMessageContaining(message);
  }
}
