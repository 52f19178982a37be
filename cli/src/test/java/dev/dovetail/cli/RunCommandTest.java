package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunCommandTest {
  @TempDir private static Path folder;
  private static String model;
  private static String draft;

  @BeforeAll
  static void writeModels() throws IOException {
    model = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q8_0, 5).toString();
    draft = TinyDraft.write(folder.resolve("draft"), TinyModels.HIDDEN, 6).toString();
  }

  @Test
  void jsonHasItsFieldsInOrder() throws IOException {
    CliRunner.Result result = new CliRunner().run("run", "-m", model, "--json", "-n", "8", "fox");

    JsonNode json = new ObjectMapper().readTree(result.out());
    assertThat(names(json))
        .containsExactly("text", "token_ids", "prompt_tokens", "finish_reason", "seed", "stats");
    assertThat(names(json.get("stats")))
        .containsExactly(
            "load_ms",
            "ttft_ms",
            "prefill_tok_per_s",
            "decode_tok_per_s",
            "rounds",
            "tau",
            "drafted",
            "accepted",
            "rounds_by_accepted",
            "rounds_by_depth",
            "whole_by_depth",
            "rounds_by_nodes",
            "lookup_rounds",
            "lookup_accepted",
            "draft_ms",
            "verify_ms",
            "channel_ms",
            "draft_hidden_ms",
            "ahead_used",
            "ahead_dropped",
            "bytes_to_draft",
            "bytes_from_draft",
            "peak_rss_bytes",
            "peak_vram_bytes",
            "gpu_layers",
            "gpu_lost",
            "draft",
            "kernels",
            "threads");
    assertThat(json.get("stats").get("gpu_lost").isNull()).isTrue();
    assertThat(result.out().strip().lines()).hasSize(1);
    assertThat(json.get("token_ids")).hasSizeBetween(1, 8);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--temp=0",
        "--temp=0 --kv=f16",
        "--temp=1.2 --seed=9",
        "--temp=0.9 --top-k=20 --seed=4"
      })
  void speculativeEqualsPlain(String sampling) throws IOException {
    JsonNode plain = json(sampling, "-d", "none");
    for (String tree : List.of("1", "4", "3x3")) {
      JsonNode speculative = json(sampling, "-d", draft, "--tree", tree);
      assertThat(speculative.get("token_ids")).as(tree).isEqualTo(plain.get("token_ids"));
      assertThat(speculative.get("text")).as(tree).isEqualTo(plain.get("text"));
      assertThat(speculative.get("stats").get("drafted").asLong()).as(tree).isPositive();
    }
    assertThat(plain.get("stats").get("drafted").asLong()).isZero();
    assertThat(plain.get("stats").get("draft").asText()).isEqualTo("none");
  }

  @Test
  void aDraftOfAnotherTargetIsRefused() throws IOException {
    Path other = TinyDraft.write(folder.resolve("other"), 128, 7);

    CliRunner.Result result =
        new CliRunner().run("run", "-m", model, "-d", other.toString(), "fox");

    assertThat(result.err())
        .startsWith("dovetail: ")
        .contains("hidden size 128", "choose a draft made for it, or --draft none")
        .hasLineCount(1);
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void thePromptComesFromAnArgumentAFileOrStandardInput() throws IOException {
    Path file = Files.writeString(folder.resolve("prompt.txt"), "the lazy dög\n");

    String argument = text(new CliRunner(), "the lazy dög");
    assertThat(text(new CliRunner(), "--file", file.toString())).isEqualTo(argument);
    assertThat(text(new CliRunner().in("the lazy dög\n"))).isEqualTo(argument);
    assertThat(text(new CliRunner().in("the lazy dög\n"), "-s", "Be brief."))
        .isNotEqualTo(argument);
  }

  @Test
  void rawKeepsEveryByte() throws IOException {
    JsonNode line = parse(new CliRunner().in("fox\n").run("run", "-m", model, "--raw", "--json"));
    JsonNode word = parse(new CliRunner().in("fox").run("run", "-m", model, "--raw", "--json"));

    assertThat(line.get("prompt_tokens").asInt()).isEqualTo(word.get("prompt_tokens").asInt() + 1);
  }

  @Test
  void inputThatIsNotUtf8IsOneLine() {
    byte[] latin = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);

    CliRunner.Result result = new CliRunner().in(latin).run("run", "-m", model);

    assertThat(result.err())
        .isEqualTo(
            "dovetail: standard input is not UTF-8: found byte 0xe9 at offset 3; convert it first,"
                + " for example with iconv\n");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void aStopTextEndsTheAnswerBeforeIt() throws IOException {
    String whole =
        parse(run("-n", "40", "--temp", "1", "--seed", "3", "--json")).get("text").asText();
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 3);

    JsonNode stopped =
        parse(
            run(
                "-n", "40", "--temp", "1", "--seed", "3", "--json", "--stop", "never", "--stop",
                stop));

    assertThat(stopped.get("text").asText()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(stopped.get("finish_reason").asText()).isEqualTo("stop_sequence");
  }

  @Test
  void theStreamedTextIsTheTextOfJson() throws IOException {
    CliRunner.Result streamed = run("-n", "30");

    assertThat(streamed.out())
        .isEqualTo(parse(run("-n", "30", "--json")).get("text").asText() + "\n");
    assertThat(streamed.err()).as("no terminal, no statistics").isEmpty();
  }

  @Test
  void statisticsStandOnStandardError() {
    CliRunner terminal = new CliRunner().errTerminal();

    assertThat(terminal.run("run", "-m", model, "-n", "5", "fox").err())
        .contains("tokens at", "threads")
        .hasLineCount(1);
    assertThat(run("-n", "5", "--stats").err())
        .contains("\nprompt ", "\nfirst token ", "\nchannel ", "\nseed ");
  }

  @Test
  void guessedTokensAreMarkedOnTerminalsOnly() {
    String[] arguments = {"run", "-m", model, "-d", draft, "-n", "60", "--show-draft", "fox"};

    CliRunner.Result coloured = new CliRunner().outTerminal().run(arguments);
    CliRunner.Result plain = new CliRunner().outTerminal().env("NO_COLOR", "1").run(arguments);
    CliRunner.Result piped = new CliRunner().run(arguments);

    assertThat(coloured.err()).startsWith("\u001b[32mgreen\u001b[0m: guessed (");
    assertThat(plain.err()).startsWith("\u001b[4munderlined\u001b[0m: guessed (");
    assertThat(plain.out()).doesNotContain("\u001b[3");
    assertThat(piped.err()).contains("marks nothing here").hasLineCount(1);
    assertThat(coloured.out().replaceAll("\u001b\\[\\d+m", "")).isEqualTo(piped.out());
    assertThat(piped.out()).doesNotContain("\u001b[");
  }

  @Test
  void aClosedPipeEndsQuietly() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };

    CliRunner.Result result = new CliRunner().out(closed).run("run", "-m", model, "fox");

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @Test
  void aFullDiskIsAnError() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };

    CliRunner.Result result = new CliRunner().out(full).run("run", "-m", model, "fox");

    assertThat(result.err())
        .isEqualTo("dovetail: the output cannot be written: No space left on device\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void anInterruptKeepsTheTextSoFar() throws IOException {
    // Comes at once: the generation ends before its first token.
    Interrupts atOnce =
        handler -> {
          handler.run();
          return () -> {};
        };

    CliRunner.Result result =
        new CliRunner().interrupts(atOnce).run("run", "-m", model, "--json", "fox");

    assertThat(parse(result).get("finish_reason").asText()).isEqualTo("cancelled");
    assertThat(result.code()).isEqualTo(130);
  }

  @Test
  void contextsThatCannotBeAreRefused() {
    CliRunner.Result larger = run("--ctx", "2000");
    CliRunner.Result tooSmall =
        new CliRunner().run("run", "-m", model, "--ctx", "4", "the quick brown fox");

    assertThat(larger.err())
        .isEqualTo(
            "dovetail: --ctx 2000 is larger than the 1024 tokens that the model was made for (see"
                + " dovetail run --help)\n");
    assertThat(larger.code()).isEqualTo(2);
    assertThat(tooSmall.err()).contains("the context holds 4").hasLineCount(1);
    assertThat(tooSmall.code()).isEqualTo(1);
  }

  @Test
  void aContextLargerThanMemoryIsRefusedBeforeAnythingIsLoaded() throws IOException {
    Path huge = folder.resolve("huge.gguf");
    TinyModels.writer("llama", TensorType.Q8_0, 5, true)
        .put("llama.context_length", 1 << 24)
        .write(huge);

    CliRunner.Result result =
        new CliRunner().run("run", "-m", huge.toString(), "--ctx", "16000000", "fox");
    CliRunner.Result half =
        new CliRunner()
            .run("run", "-m", huge.toString(), "--ctx", "16000000", "--kv", "f16", "fox");

    assertThat(result.err())
        .startsWith("dovetail: a context of 16000000 tokens takes 45.8 GiB, and ")
        .contains("choose a smaller --ctx, --kv f16, or a larger heap")
        .hasLineCount(1);
    assertThat(result.code()).isEqualTo(1);
    assertThat(half.err())
        .startsWith("dovetail: a context of 16000000 tokens takes 22.9 GiB, and ")
        .contains("choose a smaller --ctx, or a larger heap")
        .hasLineCount(1);
    assertThat(half.code()).isEqualTo(1);
  }

  @Test
  void missingFilesAreNamed() {
    CliRunner.Result model = new CliRunner().run("run", "-m", folder + "/no.gguf", "fox");
    CliRunner.Result prompt = run("--file", folder + "/no.txt");

    assertThat(model.err()).startsWith("dovetail: no file and no model '").hasLineCount(1);
    assertThat(model.code()).isEqualTo(1);
    assertThat(prompt.code()).isEqualTo(2);
    assertThat(new CliRunner().run("run", "-m", RunCommandTest.model, "--file", folder + "/no.txt"))
        .isEqualTo(new CliRunner.Result(1, "", "dovetail: " + folder + "/no.txt: no such file\n"));
  }

  @Test
  void verboseShowsWhereAnErrorComesFrom() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.gguf"), "GGUF");

    CliRunner.Result quiet = new CliRunner().run("run", "-m", broken.toString(), "fox");
    CliRunner.Result verbose = new CliRunner().run("run", "-v", "-m", broken.toString(), "fox");

    assertThat(quiet.err()).startsWith("dovetail: " + broken).hasLineCount(1);
    assertThat(verbose.err()).startsWith(quiet.err()).contains("\tat dev.dovetail.models");
    assertThat(quiet.code()).isEqualTo(1);
  }

  private static CliRunner.Result run(String... options) {
    List<String> arguments = new ArrayList<>(List.of("run", "-m", model, "fox"));
    arguments.addAll(List.of(options));
    return new CliRunner().run(arguments.toArray(new String[0]));
  }

  private static JsonNode json(String sampling, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("-n", "60", "--json"));
    arguments.addAll(List.of(sampling.split(" ")));
    arguments.addAll(List.of(options));
    return parse(run(arguments.toArray(new String[0])));
  }

  private static String text(CliRunner runner, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("run", "-m", model, "-n", "20", "--json"));
    arguments.addAll(List.of(options));
    return parse(runner.run(arguments.toArray(new String[0]))).get("text").asText();
  }

  private static JsonNode parse(CliRunner.Result result) throws IOException {
    assertThat(result.err()).isEmpty();
    return new ObjectMapper().readTree(result.out());
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
