package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StoreCommandsTest {
  @TempDir private Path folder;

  private CliRunner store() {
    return new CliRunner().env("DOVETAIL_MODELS", folder.resolve("models").toString());
  }

  @Test
  void anAddressIsPulledListedAndRemoved() throws IOException {
    byte[] model = TinyModels.writer("llama", TensorType.Q8_0, 5, true).toBytes();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/own.gguf",
        exchange -> {
          exchange.sendResponseHeaders(200, model.length);
          exchange.getResponseBody().write(model);
          exchange.close();
        });
    server.start();
    try {
      String address =
          "http://%s:%d/own.gguf"
              .formatted(
                  server.getAddress().getAddress().getHostAddress(), server.getAddress().getPort());
      Path file = folder.resolve("models").resolve("own.gguf");

      CliRunner.Result pulled = store().run("pull", address);

      assertThat(pulled.out()).isEqualTo(file + "\n");
      assertThat(pulled.err()).contains("dovetail: fetching own.gguf");
      assertThat(pulled.code()).isZero();
      assertThat(Files.readAllBytes(file)).isEqualTo(model);
    } finally {
      server.stop(0);
    }

    assertThat(store().run("list").out())
        .containsPattern("\\* own\\.gguf +[\\d.]+ MiB  not in the catalogue\n")
        .contains("  smollm2-135m-instruct ");
    assertThat(store().run("doctor").out()).contains("\nmodel     own.gguf, ");
    CliRunner.Result first = store().run("run", "-m", "own.gguf", "-n", "2", "fox");
    assertThat(first.code()).isZero();
    assertThat(store().run("list").out())
        .containsPattern(
            "\\* own\\.gguf +[\\d.]+ MiB  and [\\d.]+ \\w+ packed; not in the catalogue\n");
    assertThat(store().run("run", "-m", "own.gguf", "-n", "2", "fox")).isEqualTo(first);
    assertThat(store().run("rm", "own.gguf"))
        .isEqualTo(new CliRunner.Result(0, "removed own.gguf\n", ""));
    assertThat(store().run("list").out()).doesNotContain("own.gguf");
    assertThat(folder.resolve("models/packed")).isEmptyDirectory();
  }

  @Test
  void theModelThatComesAlongAnswersWhereNothingCanBePulled() throws IOException {
    CliRunner nowhere =
        store()
            .env("HF_ENDPOINT", "http://127.0.0.1:1")
            .env("PIP_INDEX_URL", "http://127.0.0.1:1/")
            .env("PIP_RETRIES", "0");

    CliRunner.Result answer =
        nowhere.run("run", "--json", "-n", "12", "--tree", "4", "def add(a, b):");

    assertThat(answer.err()).contains("; going on with tiny, which comes along");
    assertThat(answer.code()).isZero();
    JsonNode json = new ObjectMapper().readTree(answer.out());
    assertThat(json.get("token_ids")).hasSize(12);
    assertThat(json.at("/stats/draft").asText()).startsWith("lookup + dgf tiny");

    CliRunner.Result named = nowhere.run("run", "-m", "smollm2-135m-instruct", "def add(a, b):");

    assertThat(named.code()).isEqualTo(1);
    assertThat(named.err()).contains("cannot pull").doesNotContain("going on with");
  }

  /** Its draft is that of the new one. */
  @Test
  void theModelThatComesAlongReplacesAnEarlierVersions() throws IOException {
    Path file = folder.resolve("models/tiny.gguf");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "an earlier version's");

    CliRunner.Result answer = store().run("run", "-m", "tiny", "-n", "2", "def add(a, b):");

    assertThat(answer.err())
        .isEqualTo(
            """
            dovetail: tiny.gguf is here with a wrong SHA-256; it is replaced
            dovetail: fetching tiny.gguf from what comes with Dovetail
            """);
    assertThat(answer.code()).isZero();
    assertThat(store().run("run", "-m", "tiny", "-n", "2", "def add(a, b):"))
        .isEqualTo(new CliRunner.Result(0, answer.out(), ""));
  }

  @Test
  void listAsJson() throws IOException {
    JsonNode json = new ObjectMapper().readTree(store().run("list", "--json").out());

    assertThat(json.get("store").asText()).isEqualTo(folder.resolve("models").toString());
    JsonNode first = json.get("models").get(0);
    assertThat(first.get("name").asText()).isEqualTo(ModelLocator.DEFAULT);
    assertThat(first.get("stored").asBoolean()).isFalse();
    assertThat(first.get("path").isNull()).isTrue();
    assertThat(first.get("bytes").asLong()).isPositive();
  }

  @Test
  void whatIsNotThereCannotBeRemovedOrPulled() {
    CliRunner.Result removed = store().run("rm", "nothing");
    CliRunner.Result pulled = store().run("pull", "smollm2-135m-instrukt");

    assertThat(removed.err()).startsWith("dovetail: 'nothing' is not in the store").hasLineCount(1);
    assertThat(removed.code()).isEqualTo(1);
    assertThat(pulled.err()).contains("smollm2-135m-instruct").hasLineCount(1);
    assertThat(pulled.code()).isEqualTo(1);
  }

  @Test
  void doctorSaysWhatThereIsAndWhatToDo() {
    CliRunner.Result result = store().run("doctor");

    assertThat(result.out())
        .contains("\nCPU       ", "\nkernels   ", "\nJava      ", "\nmemory    ", "\nGPU       ")
        .contains("\nstore     " + folder.resolve("models") + ", 0 models")
        .contains("-> 'dovetail pull smollm2-135m-instruct' brings the first");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  /** Runs the script in a shell, as the Tab key does. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs bash")
  void completionKnowsTheModels() throws Exception {
    Path script = folder.resolve("completion.bash");
    Files.writeString(script, new CliRunner().run("completion", "bash").out());

    assertThat(complete(script, "dovetail run -m qwen")).contains("qwen2.5-coder-1.5b-instruct");
    assertThat(complete(script, "dovetail pull smol")).contains("smollm2-135m-instruct");
    assertThat(complete(script, "dovetail rm smol")).contains("smollm2-135m-instruct");
  }

  private static List<String> complete(Path script, String line) throws Exception {
    String ask =
        "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2;"
            + " COMP_POINT=${#2}; _complete_dovetail; printf '%s\\n' \"${COMPREPLY[@]}\"";
    Process bash =
        new ProcessBuilder("bash", "-c", ask, "bash", script.toString(), line)
            .redirectErrorStream(true)
            .start();
    List<String> replies = bash.inputReader().lines().toList();
    assertThat(bash.waitFor()).as("%s", replies).isZero();
    return replies;
  }

  @Test
  void completionKnowsEveryCommand() {
    CliRunner.Result bash = new CliRunner().run("completion", "bash");

    assertThat(bash.out())
        .contains("complete -F _complete_dovetail")
        .contains(
            "run chat batch pull list rm inspect convert tokenize score bench plan doctor selftest completion")
        .contains("--repeat-penalty");
    assertThat(new CliRunner().run("completion", "zsh").out()).isEqualTo(bash.out());
    assertThat(bash.code()).isZero();
  }
}
