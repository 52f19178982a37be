package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The paper's machine (arXiv 2412.18934): the CPU's rates are what its first two rows give. */
  private static final String[] PAPER = {
    "plan",
    "--shape",
    "llama2-7b",
    "--type",
    "f32",
    "--gpu-type",
    "f16",
    "--kv",
    "f16",
    "--ctx",
    "1024",
    "--cpu-bandwidth",
    "60.13",
    "--cpu-gmacs",
    "205.5",
    "--gpu-bandwidth",
    "448"
  };

  @TempDir private static Path folder;
  private static String model;
  private static String draft;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q4_1, 5).toString();
    draft = TinyDraft.write(folder.resolve("draft"), TinyModels.HIDDEN, 7).toString();
  }

  @Test
  void jsonHasEveryFieldInOrder() throws Exception {
    CliRunner.Result result = run(PAPER, "--vram", "7GiB", "--json");

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    JsonNode json = MAPPER.readTree(result.out());
    assertThat(names(json))
        .containsExactly(
            "target",
            "draft",
            "context",
            "kv",
            "vram",
            "draft_on",
            "gpu_layers",
            "gpu_bytes",
            "cpu_bytes",
            "next_gpu_bytes",
            "predictions",
            "machine",
            "round",
            "measured",
            "assumptions");
    assertThat(json.get("vram").toString())
        .isEqualTo("{\"budget_bytes\":7516192768,\"source\":\"given\"}");
    assertThat(json.get("draft_on").asText()).isEqualTo("gpu");
    assertThat(json.get("gpu_layers").asInt()).isEqualTo(10);
    assertThat(names(json.get("gpu_bytes")))
        .containsExactly(
            "all",
            "cuda_context",
            "activations",
            "draft_layers",
            "draft_fusion",
            "draft_head",
            "draft_embedding",
            "draft_kv",
            "target_layers",
            "target_kv");
    assertThat(json.get("gpu_bytes").get("all").asLong()).isEqualTo(7_376_635_392L);
    assertThat(json.get("next_gpu_bytes").asLong()).isEqualTo(7_798_195_712L);
    assertThat(names(json.get("cpu_bytes")))
        .containsExactly("all", "target_layers", "target_kv", "target_head", "target_embedding");
    assertThat(json.get("measured").isNull()).isTrue();
    assertPredictions(json.get("predictions"));
    assertThat(json.get("assumptions").toString())
        .contains("F32 on the CPU, F16 on the GPU", "tau 5.90", "16 tokens", "75 %", "take turns");
  }

  /** The paper's rows: 2.12, 5.86 and 8 tokens per second. */
  private static void assertPredictions(JsonNode predictions) {
    assertThat(names(predictions.get(0)))
        .containsExactly(
            "kind",
            "gpu_layers",
            "tau",
            "draft_ms",
            "gpu_ms",
            "cpu_ms",
            "tok_per_s",
            "gain",
            "measured_tok_per_s");
    assertThat(predictions.findValuesAsText("kind"))
        .containsExactly("plain", "draft", "draft_and_layers");
    assertThat(predictions.get(0).get("tok_per_s").asDouble()).isCloseTo(2.12, within(0.01));
    assertThat(predictions.get(1).get("tok_per_s").asDouble()).isCloseTo(5.86, within(0.02));
    assertThat(predictions.get(2).get("tok_per_s").asDouble()).isCloseTo(8, within(0.8));
  }

  @Test
  void peopleGetTablesAndEveryAssumption() {
    CliRunner.Result result = run(PAPER, "--vram", "7GiB");

    assertThat(result.out())
        .contains(
            "GPU memory: 7.0 GiB, given by --vram",
            "  target: layers (10)            4047831040    3.8 GiB",
            "  all                            7376635392    6.9 GiB",
            "draft and 10 layers on the GPU",
            "\nassumed\n  - weights: F32 on the CPU, F16 on the GPU\n");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          100MiB | with the draft it would take 2.9 GiB of GPU memory, and 100.0 MiB may be used: nothing goes to the GPU
          1GB    | with the draft it would take 2.9 GiB of GPU memory, and 953.7 MiB may be used: this is the largest plan that fits
          3072MiB | with layer 1 it would take 3.3 GiB of GPU memory, and 3.0 GiB may be used: this is the largest plan that fits
          """)
  void aBudgetThatIsTooSmallIsOneLine(String vram, String line) {
    CliRunner.Result result = run(PAPER, "--vram", vram);

    assertThat(result.out().lines().filter(each -> each.contains("may be used")))
        .containsExactly(line);
    assertThat(result.code()).isZero();
  }

  @Test
  void whatFitsWholeIsNoShortfall() {
    assertThat(run(PAPER, "--vram", "24GiB").out())
        .contains("draft and 32 layers on the GPU")
        .doesNotContain("may be used");
  }

  @Test
  void withoutADraftThereAreLayers() throws Exception {
    JsonNode json = MAPPER.readTree(run(PAPER, "--vram", "3.5GiB", "-d", "none", "--json").out());

    assertThat(json.get("draft").isNull()).isTrue();
    assertThat(json.get("draft_on").isNull()).isTrue();
    assertThat(json.get("round").isNull()).isTrue();
    assertThat(json.get("predictions").findValuesAsText("kind")).containsExactly("plain", "layers");
  }

  @Test
  void aFileWithGivenRatesIsNotMeasured() throws Exception {
    String[] given = {
      "plan",
      "-m",
      model,
      "-d",
      draft,
      "--tree",
      "3",
      "--cpu-bandwidth",
      "40",
      "--cpu-gmacs",
      "100",
      "--tau",
      "2",
      "--vram",
      "1GiB",
      "--json"
    };

    JsonNode json = MAPPER.readTree(run(given).out());

    assertThat(json.get("measured").isNull()).isTrue();
    assertThat(json.get("gpu_layers").asInt()).isEqualTo(TinyModels.LAYERS);
    assertThat(json.get("next_gpu_bytes").isNull()).isTrue();
    assertThat(json.get("context").asInt()).isEqualTo(TinyModels.CONTEXT);
    assertThat(json.get("round").toString())
        .isEqualTo("{\"nodes\":4,\"levels\":3,\"width\":1,\"tau\":2.0}");
  }

  /** Whatever the times, the predictions are what they come to. */
  @Test
  void aFileIsMeasured() throws Exception {
    String[] measuring = {
      "plan",
      "-m",
      model,
      "-d",
      draft,
      "--tree",
      "2",
      "--threads",
      "1",
      "--vram",
      "1MiB",
      "--ctx",
      "256",
      "--prompt",
      "hello world",
      "--json"
    };

    CliRunner.Result result = run(measuring);

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    JsonNode json = MAPPER.readTree(result.out());
    JsonNode measured = json.get("measured");
    assertThat(names(measured))
        .containsExactly("pass_ms", "draft_ms", "tau", "plain_tok_per_s", "draft_tok_per_s");
    assertThat(names(measured.get("pass_ms"))).containsExactly("1", "3");
    double one = measured.get("pass_ms").get("1").asDouble();
    double tau = measured.get("tau").asDouble();
    assertThat(tau).isBetween(1.0, 3.0);
    JsonNode plain = json.get("predictions").get(0);
    assertThat(plain.get("tok_per_s").asDouble()).isCloseTo(1e3 / one, within(1e-6 * 1e3 / one));
    assertThat(plain.get("measured_tok_per_s")).isEqualTo(measured.get("plain_tok_per_s"));
    JsonNode drafted = json.get("predictions").get(1);
    assertThat(drafted.get("kind").asText()).isEqualTo("draft");
    assertThat(drafted.get("tau").asDouble()).isEqualTo(tau);
    assertThat(drafted.get("draft_ms")).isEqualTo(measured.get("draft_ms"));
    assertThat(drafted.get("measured_tok_per_s")).isEqualTo(measured.get("draft_tok_per_s"));
    assertThat(json.get("draft_on").asText()).isEqualTo("cpu");
    assertThat(json.get("assumptions").toString()).contains("tau is that of the prompt");
  }

  @ParameterizedTest
  @CsvSource({
    "3GiB, 3221225472",
    "3GB, 3000000000",
    "3072MiB, 3221225472",
    "1.5gib, 1610612736",
    "512 KiB, 524288",
    "1TB, 1000000000000"
  })
  void sizesAreSpelledAsPeopleDo(String text, long bytes) {
    assertThat(MemorySize.parse(text)).isEqualTo(bytes);
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static CliRunner.Result run(String[] first, String... more) {
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return new CliRunner().run(all);
  }
}
