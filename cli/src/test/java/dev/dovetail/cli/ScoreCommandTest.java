package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoreCommandTest {
  private static final String TEXT =
      "the quick brown fox jumps over the lazy dog and sleeps in the sun, 1234567890 ABCDEFGHIJ";

  @TempDir private static Path folder;
  private static String model;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyModels.write(folder.resolve("tiny.gguf"), "llama", TensorType.F32, 5).toString();
  }

  @Test
  void tokensAreIdsAndSpellings() {
    assertThat(new CliRunner().run("tokenize", "-m", model, "a\n\u001b").out())
        .isEqualTo("    100  a\n     13  \\n\n     30  \\u{1b}\n");
  }

  @Test
  void jsonLinesAreTokenized() throws IOException {
    String lines = "{\"text\":\"the fox<|im_end|>\"}\n\n{\"text\":\"\"}\n";

    CliRunner.Result plain = new CliRunner().in(lines).run("tokenize", "-m", model, "--jsonl");
    CliRunner.Result special =
        new CliRunner().in(lines).run("tokenize", "-m", model, "--jsonl", "--special");

    assertThat(plain.out()).startsWith("{\"ids\":[").endsWith("\n{\"ids\":[]}\n").hasLineCount(2);
    JsonNode ids = new ObjectMapper().readTree(special.out().lines().findFirst().orElseThrow());
    assertThat(ids.get("ids").get(ids.get("ids").size() - 1).asInt()).isEqualTo(2);
    assertThat(plain.out().length()).isGreaterThan(special.out().length());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"text":1}   | line 1: wanted an object with a string named text
          [            | line 1: not JSON:
          "x"          | line 1: wanted an object with a string named text
          """)
  void wrongLinesAreNamed(String line, String message) {
    CliRunner.Result result =
        new CliRunner().in(line + "\n").run("tokenize", "-m", model, "--jsonl");

    assertThat(result.err()).startsWith("dovetail: standard input, " + message).hasLineCount(1);
    assertThat(result.code()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"ids":[]}              | line 1: there are no tokens to score
          {"ids":[1,9999]}        | line 1: token id 9999 is outside the vocabulary of 320
          {"ids":[1.5]}           | line 1: wanted whole numbers as ids; found 1.5
          {"ids":[1],"text":"x"}  | line 1: wanted an object with ids or text
          {}                      | line 1: wanted an object with ids or text
          {"ids":[1,2,3,4,5,6,7,8,9]} | line 1: 9 tokens do not fit the context of 8
          """)
  void whatCannotBeScoredIsNamed(String line, String message) {
    CliRunner.Result result =
        new CliRunner().in(line + "\n").run("score", "-m", model, "--jsonl", "--ctx", "8");

    assertThat(result.err()).isEqualTo("dovetail: standard input, " + message + "\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void keysAndValuesInF16ChangeLogitsALittle() throws IOException {
    JsonNode whole = score("--top", "1").get("positions").get(1);
    JsonNode rounded = score("--top", "1", "--kv", "f16").get("positions").get(1);
    double expected = whole.get("logsumexp").asDouble();

    assertThat(rounded.get("logsumexp").asDouble())
        .isNotEqualTo(expected)
        .isCloseTo(expected, within(1e-2));
  }

  @Test
  void everyNthPositionAndTheLastAreAPartOfAll() throws IOException {
    JsonNode all = score("--top", "320");
    int count = all.get("ids").size();
    assertThat(count).as("more than one pass").isGreaterThan(33);
    assertThat(all.get("positions")).hasSize(count);
    for (int every : new int[] {2, 7, 40, 1000}) {
      List<JsonNode> wanted = new ArrayList<>();
      for (int p = 0; p < count; p++) {
        if (p % every == 0 || p == count - 1) {
          wanted.add(all.get("positions").get(p));
        }
      }
      JsonNode some = score("--top", "320", "--every", Integer.toString(every)).get("positions");
      assertThat(some).as("every " + every).containsExactlyElementsOf(wanted);
    }
  }

  @Test
  void logitsAreSortedAndNormalised() throws IOException {
    JsonNode position = score("--top", "320").get("positions").get(5);

    double sum = 0;
    double previous = Double.POSITIVE_INFINITY;
    for (JsonNode pair : position.get("top")) {
      assertThat(pair.get(1).asDouble()).isLessThanOrEqualTo(previous);
      previous = pair.get(1).asDouble();
      sum += Math.exp(previous - position.get("logsumexp").asDouble());
    }
    assertThat(position.get("position").asInt()).isEqualTo(5);
    assertThat(position.get("top")).hasSize(320);
    assertThat(sum).isCloseTo(1, within(1e-6));
  }

  @Test
  void perplexityIsThatOfTheLogits() throws IOException {
    JsonNode all = score("--top", "320");
    int count = all.get("ids").size();
    double nats = 0;
    for (int p = 0; p + 1 < count; p++) {
      JsonNode position = all.get("positions").get(p);
      for (JsonNode pair : position.get("top")) {
        if (pair.get(0).asInt() == all.get("ids").get(p + 1).asInt()) {
          nats += position.get("logsumexp").asDouble() - (float) pair.get(1).asDouble();
        }
      }
    }
    nats /= count - 1;

    CliRunner.Result result = new CliRunner().in(TEXT).run("score", "-m", model);

    assertThat(result.out())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "perplexity %.4f over %d tokens (%.5f nats each)%n",
                Math.exp(nats),
                count - 1,
                nats));
  }

  @Test
  void longTextsAreScoredInWindows() {
    CliRunner.Result result = new CliRunner().run("score", "-m", model, "--ctx", "10", TEXT);

    assertThat(result.out()).startsWith("perplexity ");
    assertThat(result.code()).isZero();
  }

  @Test
  void perplexityNeedsTwoTokens() {
    CliRunner.Result result = new CliRunner().run("score", "-m", model, "a");

    assertThat(result.err())
        .isEqualTo("dovetail: perplexity needs at least 2 tokens; the text has 1\n");
    assertThat(result.code()).isEqualTo(1);
  }

  private static JsonNode score(String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("score", "-m", model, "--jsonl"));
    arguments.addAll(List.of(options));
    CliRunner.Result result =
        new CliRunner().in("{\"text\":\"" + TEXT + "\"}\n").run(arguments.toArray(new String[0]));
    assertThat(result.err()).isEmpty();
    return new ObjectMapper().readTree(result.out());
  }
}
