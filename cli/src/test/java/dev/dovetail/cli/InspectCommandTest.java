package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.Samples;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  @TempDir private Path folder;

  @Test
  void ggufIsShownWithShortenedArrays() throws IOException {
    Path file = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q8_0, 5);

    CliRunner.Result result = new CliRunner().run("inspect", file.toString());

    assertThat(result.out())
        .startsWith(file + ": GGUF\n\nmetadata (")
        .contains("  general.architecture = \"llama\"\n")
        .contains("tokenizer.ggml.tokens = [\"<|endoftext|>\", \"<|im_start|>\", ")
        .contains("... (320)]\n")
        .containsPattern("  token_embd\\.weight +Q8_0 +\\[320, 256\\] +87040 bytes\n")
        .containsPattern(
            "\ntotals\n  F32 +7 tensors +7\\.0 KiB +32\\.000 bits a weight, +32\\.000 in memory\n  Q8_0 ");
    assertThat(result.code()).isZero();
  }

  @Test
  void jsonHasWholeArraysAndTotalsThatAddUp() throws IOException {
    Path file = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q8_0, 5);

    JsonNode json =
        new ObjectMapper()
            .readTree(new CliRunner().run("inspect", "--json", file.toString()).out());

    assertThat(json.get("format").asText()).isEqualTo("GGUF");
    assertThat(json.get("metadata").get("tokenizer.ggml.tokens")).hasSize(320);
    long tensors = 0;
    for (JsonNode tensor : json.get("tensors")) {
      tensors += tensor.get("bytes").asLong();
    }
    long totals = 0;
    for (JsonNode total : json.get("totals")) {
      totals += total.get("bytes").asLong();
      assertThat(total.get("bits_per_weight").asDouble())
          .isEqualTo(total.get("type").asText().equals("F32") ? 32 : 8.5);
      assertThat(total.get("bits_per_weight_in_memory").asDouble()).isPositive();
    }
    assertThat(tensors).isEqualTo(totals).isPositive();
  }

  @Test
  void theOtherFormatsAreShownToo() throws IOException {
    Path safetensors = Samples.copy("sample.safetensors", folder);
    Path torch = Samples.copy("sample.bin", folder);

    assertThat(new CliRunner().run("inspect", safetensors.toString()).out())
        .startsWith(safetensors + ": safetensors\n");
    assertThat(new CliRunner().run("inspect", torch.toString()).out())
        .startsWith(torch + ": PyTorch\n");
  }

  @Test
  void whatIsNoneOfThemIsOneLine() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "nothing of the kind");
    Path malicious = Samples.copy("malicious.bin", folder);

    CliRunner.Result wrong = new CliRunner().run("inspect", text.toString());
    CliRunner.Result hostile = new CliRunner().run("inspect", malicious.toString());
    CliRunner.Result missing = new CliRunner().run("inspect", folder + "/none");
    CliRunner.Result directory = new CliRunner().run("inspect", folder.toString());

    assertThat(wrong.err()).startsWith("dovetail: " + text + ": is neither a GGUF").hasLineCount(1);
    assertThat(hostile.err()).startsWith("dovetail: " + malicious).hasLineCount(1);
    assertThat(missing.err()).isEqualTo("dovetail: " + folder + "/none: no such file\n");
    assertThat(directory.err()).isEqualTo("dovetail: " + folder + ": is a folder, not a file\n");
    assertThat(wrong.code() + hostile.code() + missing.code() + directory.code()).isEqualTo(4);
  }

  @Test
  void aFileCannotCommandTheTerminal() throws IOException {
    Path file = folder.resolve("hostile.gguf");
    TinyModels.writer("llama", TensorType.Q8_0, 5, true)
        .put("general.name", "\u001b]0;owned\u0007\u202etxt")
        .write(file);

    CliRunner.Result result = new CliRunner().run("inspect", file.toString());

    assertThat(result.out())
        .contains("\\u{1b}]0;owned\\u{7}\\u{202e}txt")
        .doesNotContain("\u001b", "\u0007", "\u202e");
  }
}
