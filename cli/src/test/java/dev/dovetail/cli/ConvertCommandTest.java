package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TinyModels;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertCommandTest {
  private static final int SEED = 11;

  @TempDir private Path folder;

  /**
   * @param step the largest error that rounding makes, as a part of a row's largest weight
   */
  @ParameterizedTest
  @CsvSource({
    "f32, F32, 0, 0, 7.4 MiB",
    "f16, F16, 1, 0.0005, 3.7 MiB",
    "q8_0, Q8_0, 7, 0.0045, 2.0 MiB",
    "q4_0, Q4_0, 2, 0.126, 1.1 MiB",
    "Q4_0, Q4_0, 2, 0.126, 1.1 MiB"
  })
  void matricesAreRoundedAndTheRestIsKept(
      String name, TensorType type, long fileType, float step, String size) throws IOException {
    Path in = TinyModels.write(folder.resolve("in.gguf"), "qwen2", TensorType.Q5_K, SEED);
    Path out = folder.resolve("out.gguf");

    CliRunner.Result result = convert(in, out, name);

    assertThat(result.code()).isZero();
    assertThat(result.out())
        .isEqualTo(
            out
                + (type == TensorType.F32
                    ? ": " + size + ", tensors: 39 F32\n"
                    : ": " + size + ", tensors: 16 F32, 23 " + type + "\n"));
    assertThat(result.err()).startsWith("dovetail: ").contains(" of ");
    try (GgufFile before = GgufFile.open(in);
        GgufFile after = GgufFile.open(out)) {
      Map<String, Object> metadata = new HashMap<>(before.metadata());
      metadata.put("general.file_type", fileType);
      metadata.put("general.quantization_version", 2L);
      assertThat(after.metadata()).usingRecursiveComparison().isEqualTo(metadata);
      assertThat(after.tensors()).extracting(Tensor::name).isEqualTo(names(before));
      for (Tensor tensor : before.tensors()) {
        Tensor converted = after.get(tensor.name());
        assertThat(converted.shape()).isEqualTo(tensor.shape());
        boolean vector = tensor.shape().size() == 1;
        assertThat(converted.type()).isEqualTo(vector ? TensorType.F32 : type);
        assertClose(tensor, converted, vector ? 0 : step);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = TensorType.class, mode = Mode.EXCLUDE, names = "I32")
  void everyTypeOfWeightIsWidenedExactly(TensorType type) throws IOException {
    Path in = TinyModels.write(folder.resolve("in.gguf"), "llama", type, SEED);
    Path out = folder.resolve("out.gguf");

    assertThat(convert(in, out, "f32").code()).isZero();

    try (GgufFile before = GgufFile.open(in);
        GgufFile after = GgufFile.open(out)) {
      for (Tensor tensor : before.tensors()) {
        assertClose(tensor, after.get(tensor.name()), 0);
      }
    }
    assertSameLogits(in, out);
  }

  /** Widening to f32 loses nothing, so the way through it must not show. */
  @ParameterizedTest
  @ValueSource(strings = {"f16", "q8_0", "q4_0"})
  void theWayThroughF32GivesTheSameFile(String type) throws IOException {
    Path in = TinyModels.write(folder.resolve("in.gguf"), "llama", TensorType.Q6_K, SEED);
    Path wide = folder.resolve("wide.gguf");
    Path direct = folder.resolve("direct.gguf");
    Path around = folder.resolve("around.gguf");

    assertThat(convert(in, wide, "f32").code()).isZero();
    assertThat(convert(in, direct, type).code()).isZero();
    assertThat(convert(wide, around, type).code()).isZero();

    assertThat(Files.mismatch(direct, around)).isEqualTo(-1);
    assertThat(new CliRunner().run("run", "-m", direct.toString(), "-n", "2", "fox").code())
        .isZero();
  }

  @Test
  void whatHasTheTypeIsCopiedAndSplitFilesBecomeOne() throws IOException {
    GgufWriter whole =
        TinyModels.writer("llama", TensorType.Q8_0, SEED, true)
            .put("general.file_type", 7)
            .put("general.quantization_version", 2);
    Path first = whole.writeSplit(folder, "split", 3).getFirst();
    Path out = folder.resolve("out.gguf");

    assertThat(convert(first, out, "q8_0").code()).isZero();

    assertThat(Files.readAllBytes(out)).isEqualTo(whole.toBytes());
  }

  @Test
  void rowsThatAreNoWholeBlocksBecomeF16AndIntegersStay() throws IOException {
    byte[] odd = TinyWeights.random(TensorType.F32, 2 * 33, 1, new Random(SEED));
    byte[] even = TinyWeights.random(TensorType.F32, 2 * 64, 1, new Random(SEED));
    Path in = folder.resolve("in.gguf");
    Path out = folder.resolve("out.gguf");
    new GgufWriter()
        .tensor("odd", TensorType.F32, List.of(2L, 33L), odd)
        .tensor("even", TensorType.F32, List.of(2L, 64L), even)
        .tensor("row", TensorType.F32, List.of(1L, 128L), even)
        .tensor("ids", TensorType.I32, List.of(2L, 64L), even)
        .write(in);

    CliRunner.Result result = convert(in, out, "q4_0");

    assertThat(result.err())
        .startsWith("dovetail: odd becomes F16: its rows of 33 weights are no multiple of 32\n")
        .doesNotContain("even", "row becomes", "ids");
    assertThat(result.out()).isEqualTo(out + ": 1.5 KiB, tensors: 1 F32, 1 F16, 1 Q4_0, 1 I32\n");
    try (GgufFile file = GgufFile.open(out)) {
      assertThat(file.tensors())
          .extracting(Tensor::type)
          .containsExactly(TensorType.F16, TensorType.Q4_0, TensorType.F32, TensorType.I32);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "f32, NaN, 'NaN, which F32 cannot hold'",
    "q8_0, Infinity, 'Infinity, which Q8_0 cannot hold'",
    "f16, 70000, '70000.0, which F16 cannot hold'"
  })
  void aWeightThatTheTypeCannotHoldIsNamed(String type, float weight, String reason)
      throws IOException {
    int rows = 1030; // more than one thread's share, and more than one write
    int cols = 4096;
    float[] weights = new float[rows * cols];
    weights[1029 * cols + 17] = weight;
    Path in = folder.resolve("in.gguf");
    new GgufWriter()
        .tensor("fine", TensorType.BF16, List.of(2L, 32L), new byte[128])
        .tensor("a.weight", TensorType.BF16, List.of((long) rows, (long) cols), bf16(weights))
        .write(in);

    CliRunner.Result result = convert(in, folder.resolve("out.gguf"), type);

    float held = Float.isFinite(weight) ? 69632 : weight; // as a bf16
    assertThat(result.err())
        .endsWith(
            "dovetail: %s: tensor 'a.weight': row 1029, column 17 is %s\n"
                .formatted(in, reason.replace("70000.0", String.valueOf(held))));
    assertThat(result.code()).isEqualTo(1);
    assertThat(files()).containsExactly(in);
  }

  @Test
  void whatCannotBeReadOrWrittenIsOneLine() throws IOException {
    Path model = TinyModels.write(folder.resolve("in.gguf"), "llama", TensorType.F16, SEED);
    Path text = Files.writeString(folder.resolve("notes.txt"), "nothing of the kind");
    Path new1 = folder.resolve("new.gguf");

    assertRefused(folder.resolve("none"), new1, folder + "/none: no such file");
    assertRefused(folder, new1, folder + ": is a folder, not a file");
    assertRefused(
        text,
        new1,
        text + ": at byte 0: is not a GGUF file: it does not start with 'GGUF' and a version");
    assertRefused(model, text, text + ": exists already");
    assertRefused(model, model, model + ": exists already");
    assertRefused(model, folder, folder + ": exists already");
    assertRefused(
        model,
        folder.resolve("none/new.gguf"),
        folder + "/none/new.gguf: its folder does not exist; make that first");
    assertThat(files()).containsExactlyInAnyOrder(model, text);
  }

  private void assertRefused(Path in, Path out, String message) {
    assertThat(convert(in, out, "q8_0"))
        .isEqualTo(new CliRunner.Result(1, "", "dovetail: " + message + "\n"));
  }

  private static CliRunner.Result convert(Path in, Path out, String type) {
    return new CliRunner().run("convert", in.toString(), out.toString(), "--type", type);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static List<String> names(GgufFile file) {
    return file.tensors().stream().map(Tensor::name).toList();
  }

  private static void assertClose(Tensor before, Tensor after, float step) {
    float[] expected = Dequantize.all(before);
    float[] actual = Dequantize.all(after);
    assertThat(actual).hasSameSizeAs(expected);
    float largest = 0;
    for (float weight : expected) {
      largest = Math.max(largest, Math.abs(weight));
    }
    int worst = 0;
    for (int i = 0; i < expected.length; i++) {
      if (Math.abs(actual[i] - expected[i]) > Math.abs(actual[worst] - expected[worst])) {
        worst = i;
      }
    }
    assertThat(actual[worst])
        .as("%s at %d, seed %d", before.name(), worst, SEED)
        .isCloseTo(expected[worst], offset(step * largest));
  }

  private static void assertSameLogits(Path one, Path other) throws IOException {
    Map<Integer, Double> expected = logits(one);
    Map<Integer, Double> actual = logits(other);
    assertThat(actual).hasSize(TinyModels.VOCABULARY);
    actual.forEach((token, logit) ->
        assertThat(logit).as("token %d", token).isCloseTo(expected.get(token), offset(1e-4)));
  }

  private static Map<Integer, Double> logits(Path model) throws IOException {
    String line =
        new CliRunner()
            .in("{\"ids\":[5,77,130,9]}\n")
            .run("score", "-m", model.toString(), "--jsonl", "--every", "4", "--top", "320")
            .out();
    JsonNode positions = new ObjectMapper().readTree(line).get("positions");
    Map<Integer, Double> logits = new HashMap<>();
    for (JsonNode entry : positions.get(positions.size() - 1).get("top")) {
      logits.put(entry.get(0).asInt(), entry.get(1).asDouble());
    }
    return logits;
  }

  private static byte[] bf16(float[] values) {
    byte[] wide = TinyWeights.bytes(values);
    byte[] out = new byte[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      out[2 * i] = wide[4 * i + 2];
      out[2 * i + 1] = wide[4 * i + 3];
    }
    return out;
  }
}
