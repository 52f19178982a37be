package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class CostCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyModels.write(folder.resolve("tiny.gguf"), "qwen2", TensorType.Q4_1, 5).toString();
  }

  @Test
  void jsonHasEveryFieldInOrder() throws Exception {
    Path svg = folder.resolve("roofline.svg");

    CliRunner.Result result = run("--json", "--breakdown", "--svg", svg.toString());

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    JsonNode json = MAPPER.readTree(result.out());
    assertThat(names(json))
        .containsExactly(
            "limits",
            "pass_ms",
            "prefill_tok_per_s",
            "bytes_per_pass",
            "macs_per_token",
            "prefix",
            "threads",
            "kernels",
            "breakdown");
    assertThat(names(json.get("limits")))
        .containsExactly("read_gb_per_s", "fma_gmac_per_s", "barrier_us");
    assertThat(names(json.get("pass_ms"))).containsExactly("1", "4");
    assertThat(json.get("pass_ms").get("1").asDouble()).isPositive();
    assertThat(json.get("prefix").asInt()).isEqualTo(8);
    assertThat(json.get("threads").asInt()).isEqualTo(2);
    assertWork(json);
    assertBreakdown(json.get("breakdown"));
    assertPicture(svg);
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  /** What every pass reads, and multiplies by, as {@code inspect} lists the file. */
  private static void assertWork(JsonNode json) throws IOException {
    JsonNode file = MAPPER.readTree(new CliRunner().run("inspect", "--json", model).out());
    boolean separate = false;
    for (JsonNode tensor : file.get("tensors")) {
      separate |= tensor.get("name").asText().equals("output.weight");
    }
    long bytes = 0;
    long macs = 0;
    for (JsonNode tensor : file.get("tensors")) {
      String name = tensor.get("name").asText();
      if (name.equals("token_embd.weight") && separate) {
        continue;
      }
      bytes += tensor.get("bytes").asLong();
      JsonNode shape = tensor.get("shape");
      macs += shape.size() == 2 ? shape.get(0).asLong() * shape.get(1).asLong() : 0;
    }
    assertThat(json.get("bytes_per_pass").asLong()).isEqualTo(bytes);
    assertThat(json.get("macs_per_token").asLong()).isEqualTo(macs);
  }

  private static void assertBreakdown(JsonNode breakdown) {
    assertThat(breakdown.get("n").asInt()).isEqualTo(1);
    double sum = breakdown.get("choice_ms").asDouble() + breakdown.get("rest_ms").asDouble();
    JsonNode operations = breakdown.get("operations_ms");
    for (JsonNode ms : operations) {
      sum += ms.asDouble();
    }
    assertThat(sum).isCloseTo(breakdown.get("pass_ms").asDouble(), within(1e-9));
    assertThat(names(operations))
        .contains(
            "embed",
            "rms norm",
            "attn_q + attn_k + attn_v",
            "bias",
            "rope",
            "append to the KV cache",
            "attention",
            "attn_output",
            "ffn_gate + ffn_up",
            "silu",
            "ffn_down");
  }

  private static void assertPicture(Path svg) throws Exception {
    Document picture =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile());
    assertThat(picture.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(picture.getElementsByTagName("circle").getLength()).isEqualTo(2);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("tiny.gguf", "roofline.svg");
    }
  }

  @Test
  void peopleGetTablesAndACurve() {
    CliRunner.Result result = run("--breakdown");

    assertThat(result.out())
        .contains("T(n)/T(1)", "where the time of a pass over n = 1 goes", "\u2588");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @Test
  void aContextThatIsTooSmallIsNamed() {
    CliRunner.Result result =
        new CliRunner().run("bench", "cost", "-m", model, "--n", "4", "--prefix", "100000");

    assertThat(result.err())
        .startsWith("dovetail: 100000 tokens and passes of 4 do not fit a context of ")
        .hasLineCount(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(1);
  }

  private static CliRunner.Result run(String... more) {
    String[] first = {
      "bench", "cost", "-m", model, "--n", "1,4", "--prefix", "8", "--threads", "2"
    };
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return new CliRunner().run(all);
  }
}
