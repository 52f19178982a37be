package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations through a pipe. */
class ChatCommandTest {
  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.Q8_0, 5).toString();
  }

  @Test
  void theFirstAnswerIsThatOfRun() {
    CliRunner.Result chat = chat("the lazy dog\n", "-n", "20");
    CliRunner.Result run = new CliRunner().run("run", "-m", model, "-n", "20", "the lazy dog");

    assertThat(chat.out()).isEqualTo(run.out());
    assertThat(chat.code()).isZero();
  }

  @Test
  void laterTurnsKnowTheEarlierOnes() throws IOException {
    Path saved = folder.resolve("later.json");
    CliRunner.Result result =
        chat("one fox\nwhat?\n/reset\nwhat?\n/save " + saved + "\n", "-n", "12");

    JsonNode turns = new ObjectMapper().readTree(saved.toFile());
    assertThat(turns).as("what was before /reset is forgotten").hasSize(2);
    assertThat(turns.get(0).get("role").asText()).isEqualTo("user");
    assertThat(turns.get(0).get("content").asText()).isEqualTo("what?");
    String alone = chat("what?\n", "-n", "12").out();
    assertThat(result.out()).endsWith(alone);
    assertThat(chat("one fox\nwhat?\n", "-n", "12").out()).doesNotEndWith(alone);
  }

  @Test
  void messagesMayHaveSeveralLines() throws IOException {
    Path saved = folder.resolve("lines.json");

    chat("a\\\nb\n\"\"\"\n/c\n\nd\n\"\"\"\n /e\n\n/save " + saved + "\n/exit\nnever\n", "-n", "2");

    List<String> said = new ArrayList<>();
    for (JsonNode turn : new ObjectMapper().readTree(saved.toFile())) {
      if (turn.get("role").asText().equals("user")) {
        said.add(turn.get("content").asText());
      }
    }
    assertThat(said).containsExactly("a\nb", "/c\n\nd", "/e");
  }

  @Test
  void theSystemPromptCanBeSet() throws IOException {
    Path saved = folder.resolve("system.md");

    CliRunner.Result result =
        chat("/system Be brief.\nfox\n/save " + saved + "\n/system\nfox\n", "-n", "4");

    assertThat(Files.readString(saved)).startsWith("## system\n\nBe brief.\n\n## user\n\nfox\n");
    assertThat(result.err()).contains("(system prompt set)", "(system prompt: the model's own)");
  }

  @Test
  void savingOverwritesNothing() throws IOException {
    Path precious = Files.writeString(folder.resolve("precious.md"), "precious");

    CliRunner.Result result = chat("fox\n/save " + precious + "\n", "-n", "2");

    assertThat(result.err()).contains("dovetail: " + precious + ": exists already");
    assertThat(Files.readString(precious)).isEqualTo("precious");
    assertThat(result.code()).as("a piped conversation fails with its commands").isEqualTo(1);
  }

  @Test
  void aFullContextDropsTheOldestTurnAndSaysSo() throws IOException {
    Path saved = folder.resolve("full.json");
    String words = "the quick brown fox jumps over the lazy dog\n";

    CliRunner.Result result =
        chat(
            words.repeat(6) + "/save " + saved + "\n",
            "--ctx",
            "128",
            "-n",
            "16",
            "-s",
            "Be brief.");

    assertThat(result.err())
        .contains("the context was full: dropped the oldest 2 turns; the system prompt stays");
    JsonNode turns = new ObjectMapper().readTree(saved.toFile());
    assertThat(turns.get(0).get("content").asText()).isEqualTo("Be brief.");
    assertThat(turns.size()).isLessThan(1 + 2 * 6);
    assertThat(result.code()).isZero();
  }

  @Test
  void aMessageThatNeverFitsIsRefusedAndTheConversationGoesOn() {
    CliRunner.Result result =
        chat("the quick brown fox ".repeat(100) + "\nfox\n", "--ctx", "64", "-n", "4");

    assertThat(result.err()).contains("the context holds 64").hasLineCount(2);
    assertThat(result.out()).isNotBlank();
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void statisticsAndHelpAreGivenWhenAsked() {
    CliRunner.Result result = chat("/stats\nfox\n/stats\n/help\n/dance\n", "-n", "4");

    assertThat(result.err())
        .startsWith("there is no answer yet\n")
        .contains("first token ", "/save FILE", "dovetail: /dance is no command; /help lists them");
  }

  @Test
  void anInterruptEndsTheAnswerNotTheConversation() {
    AtomicInteger answers = new AtomicInteger();
    Interrupts first =
        handler -> {
          if (answers.getAndIncrement() == 0) {
            handler.run();
          }
          return () -> {};
        };

    CliRunner.Result result =
        new CliRunner()
            .in("fox\ndog\n/stats\n")
            .interrupts(first)
            .run("chat", "-m", model, "--temp", "0", "-n", "5");

    assertThat(answers).hasValue(2);
    assertThat(result.out()).as("the second answer").isNotBlank();
    assertThat(result.code()).isZero();
  }

  @Test
  void inputThatIsNotUtf8NamesItsLine() {
    byte[] bytes = {'h', 'i', '\n', 'x', (byte) 0xff, '\n'};

    CliRunner.Result result = new CliRunner().in(bytes).run("chat", "-m", model, "-n", "2");

    assertThat(result.err())
        .contains("dovetail: standard input, line 2 is not UTF-8: found byte 0xff at offset 1");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void theSeedRepeatsTheConversation() {
    String lines = "fox\ndog\n";

    String once =
        new CliRunner().in(lines).run("chat", "-m", model, "-n", "30", "--seed", "8").out();
    String again =
        new CliRunner().in(lines).run("chat", "-m", model, "-n", "30", "--seed", "8").out();
    String other =
        new CliRunner().in(lines).run("chat", "-m", model, "-n", "30", "--seed", "9").out();

    assertThat(again).isEqualTo(once).isNotEqualTo(other);
  }

  private static CliRunner.Result chat(String lines, String... options) {
    List<String> arguments = new ArrayList<>(List.of("chat", "-m", model, "--temp", "0"));
    arguments.addAll(List.of(options));
    return new CliRunner().in(lines).run(arguments.toArray(new String[0]));
  }
}
