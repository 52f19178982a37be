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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchCommandTest {
  private static final int ROW = TinyModels.HIDDEN * Short.BYTES;

  private static final String PROMPTS =
      """
      {"id":"raw","prompt":"the fox"}

      {"id":"ids","prompt_ids":[100,101,102],"max_tokens":3}
      {"id":"chat","messages":[{"role":"user","content":"Hi!"}],"temperature":0.9}
      {"id":"seeded","prompt":"the fox","temperature":0.9,"seed":5}
      {"id":"read","prompt":"<|im_start|>user\\n","parse_special":true,"max_tokens":0}
      {"id":"stopped","prompt":"the fox","stop":[" ","a","e","i","o","u","t","n","s","r","1"]}
      """;

  @TempDir private static Path models;
  private static String model;

  @TempDir private Path folder;

  @BeforeAll
  static void writeModel() throws IOException {
    model = TinyModels.write(models.resolve("tiny.gguf"), "llama", TensorType.Q8_0, 5).toString();
  }

  private CliRunner.Result batch(CliRunner runner, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of("batch", "-", "-m", model, "-n", "8", "--out", path("texts.jsonl").toString()));
    arguments.addAll(List.of(options));
    return runner.run(arguments.toArray(new String[0]));
  }

  private CliRunner.Result batch(String prompts, String... options) {
    return batch(new CliRunner().in(prompts), options);
  }

  private Path path(String name) {
    return folder.resolve(name);
  }

  private Map<String, JsonNode> texts() throws IOException {
    Map<String, JsonNode> texts = new LinkedHashMap<>();
    for (String line : Files.readAllLines(path("texts.jsonl"))) {
      JsonNode text = new ObjectMapper().readTree(line);
      texts.put(text.get("id").asText(), text);
    }
    return texts;
  }

  private static List<Integer> ids(JsonNode list) {
    List<Integer> ids = new ArrayList<>();
    list.forEach(id -> ids.add(id.asInt()));
    return ids;
  }

  private static JsonNode alone(String... options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("run", "-m", model, "-n", "8", "-d", "none", "--json"));
    arguments.addAll(List.of(options));
    return new ObjectMapper().readTree(new CliRunner().run(arguments.toArray(new String[0])).out());
  }

  @Test
  void textsAreThoseOfRun() throws IOException {
    CliRunner.Result result = batch(PROMPTS, "--parallel", "3");

    assertThat(result.code()).isZero();
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .matches("6 texts, \\d+ prompt tokens, \\d+ generated tokens, .* tok/s\n");
    Map<String, JsonNode> texts = texts();
    assertThat(texts.keySet())
        .containsExactlyInAnyOrder("raw", "ids", "chat", "seeded", "read", "stopped");
    assertSame(texts.get("raw"), alone("--raw", "the fox"));
    assertSame(texts.get("chat"), alone("Hi!", "--temp", "0.9", "--seed", "2"));
    assertSame(texts.get("seeded"), alone("--raw", "the fox", "--temp", "0.9", "--seed", "5"));
    assertThat(texts.get("chat").get("seed").asLong()).isEqualTo(2);
    assertThat(ids(texts.get("ids").get("prompt_ids"))).containsExactly(100, 101, 102);
    assertThat(texts.get("ids").get("token_ids").size()).isBetween(1, 3);
    assertThat(ids(texts.get("read").get("prompt_ids"))).startsWith(1).hasSizeGreaterThan(2);
    assertThat(texts.get("read").get("token_ids")).isEmpty();
    assertThat(texts.get("read").get("finish_reason").asText()).isEqualTo("length");
    assertThat(texts.get("stopped").get("finish_reason").asText()).isEqualTo("stop_sequence");
    assertThat(names(texts.get("raw")))
        .containsExactly(
            "id", "prompt_ids", "token_ids", "text", "finish_reason", "temperature", "seed");
    assertThat(texts.get("chat").get("temperature").asDouble()).isCloseTo(0.9, within(1e-6));
  }

  private static void assertSame(JsonNode text, JsonNode alone) {
    assertThat(ids(text.get("token_ids"))).isEqualTo(ids(alone.get("token_ids")));
    assertThat(text.get("text")).isEqualTo(alone.get("text"));
    assertThat(text.get("finish_reason")).isEqualTo(alone.get("finish_reason"));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void featuresStandWhereTheLinesSay() throws IOException {
    batch(PROMPTS, "--features", path("features").toString());
    Map<String, JsonNode> together = texts();
    byte[] all = Files.readAllBytes(path("features"));
    int rows = 0;
    for (JsonNode text : together.values()) {
      assertThat(text.get("feature_row").asInt()).isEqualTo(rows);
      assertThat(text.get("feature_rows").asInt())
          .isEqualTo(text.get("prompt_ids").size() + Math.max(0, text.get("token_ids").size() - 1));
      rows += text.get("feature_rows").asInt();
    }
    assertThat(all).hasSize(rows * ROW);

    Files.delete(path("texts.jsonl"));
    batch(PROMPTS, "--parallel", "1", "--features", path("one by one").toString());
    byte[] single = Files.readAllBytes(path("one by one"));
    for (JsonNode text : texts().values()) {
      JsonNode other = together.get(text.get("id").asText());
      assertThat(rows(single, text)).as(text.get("id").asText()).isEqualTo(rows(all, other));
    }
  }

  private static byte[] rows(byte[] bytes, JsonNode text) {
    int from = text.get("feature_row").asInt() * ROW;
    return Arrays.copyOfRange(bytes, from, from + text.get("feature_rows").asInt() * ROW);
  }

  @Test
  void anEndedRunIsGoneOnWith() throws IOException {
    String features = path("features").toString();
    batch(PROMPTS, "--parallel", "2", "--features", features);
    byte[] texts = Files.readAllBytes(path("texts.jsonl"));
    byte[] rows = Files.readAllBytes(path("features"));
    List<String> lines = Files.readAllLines(path("texts.jsonl"));
    // The last line is cut short, and so is the one before it: as if it had never been written.
    int whole = lines.stream().limit(4).mapToInt(line -> line.length() + 1).sum();
    Files.write(path("texts.jsonl"), Arrays.copyOf(texts, whole + 20));

    CliRunner.Result result = batch(PROMPTS, "--parallel", "1", "--features", features);

    assertThat(result.err())
        .startsWith("dovetail: 4 of 6 texts are in " + path("texts.jsonl") + " already\n2 texts, ");
    assertThat(texts()).hasSize(6);
    assertThat(Files.readAllLines(path("texts.jsonl")))
        .startsWith(lines.subList(0, 4).toArray(new String[0]));
    assertThat(Files.readAllBytes(path("features"))).hasSameSizeAs(rows);

    byte[] done = Files.readAllBytes(path("texts.jsonl"));
    assertThat(batch(PROMPTS, "--features", features).err())
        .contains("6 of 6 texts", "0 texts, 0 prompt tokens, 0 generated tokens, 0.0 tok/s");
    assertThat(Files.readAllBytes(path("texts.jsonl"))).isEqualTo(done);
  }

  @Test
  void filesOfSomethingElseAreLeftAlone() throws IOException {
    String features = path("features").toString();
    Files.writeString(path("features"), "something else");
    assertThat(batch(PROMPTS, "--features", features).err())
        .contains("features exists already, and there is no ");
    assertThat(path("texts.jsonl")).doesNotExist();

    Files.writeString(path("texts.jsonl"), PROMPTS);
    assertThat(batch(PROMPTS).err())
        .contains(
            "texts.jsonl, line 1: no line that a batch has written; name another file by --out");
    assertThat(path("texts.jsonl")).hasContent(PROMPTS);

    Files.writeString(path("texts.jsonl"), "notes");
    assertThat(batch(PROMPTS).err()).contains("ends with what no batch has written");
    assertThat(path("texts.jsonl")).hasContent("notes");

    Files.delete(path("texts.jsonl"));
    batch(PROMPTS);
    assertThat(batch(PROMPTS, "--features", features).err())
        .contains("texts.jsonl, line 1: was written without features");
    Files.delete(path("texts.jsonl"));
    Files.delete(path("features"));
    batch(PROMPTS, "--features", features);
    assertThat(batch(PROMPTS).err()).contains("line 1: was written with features");
    Files.write(path("features"), new byte[ROW]);
    assertThat(batch(PROMPTS, "--features", features).err())
        .contains("give the file that was written with them");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [                                     | not JSON:
          7                                     | wanted an object with an id and a prompt
          {"prompt":"x"}                        | wanted a string named id
          {"id":1,"prompt":"x"}                 | wanted a string named id
          {"id":"a"}                            | wanted one of prompt, prompt_ids and messages
          {"id":"a","prompt":"x","messages":[]} | wanted one of prompt, prompt_ids and messages
          {"id":"a","prompt":"x","top":1}       | there is no field 'top'; wanted some of id, max_tokens, messages
          {"id":"first","prompt":"x"}           | the id 'first' was given already: standard input, line 1
          {"id":"a","prompt_ids":[1],"parse_special":true} | parse_special belongs to a prompt
          {"id":"a","prompt":7}                 | wanted a string as prompt
          {"id":"a","prompt":"x","parse_special":1} | wanted true or false as parse_special
          {"id":"a","prompt_ids":[]}            | the prompt has no tokens
          {"id":"a","prompt_ids":[320]}         | token id 320 is outside the vocabulary of 320
          {"id":"a","prompt_ids":[1.5]}         | wanted whole numbers as prompt_ids; found 1.5
          {"id":"a","prompt_ids":[1,2,3,4,5,6,7,8,9]} | the prompt has 9 tokens, the context holds 8
          {"id":"a","messages":[]}              | wanted a list of messages
          {"id":"a","messages":[{"role":"user"}]} | wanted messages with strings named role and content
          {"id":"a","prompt":"x","max_tokens":-1} | maxTokens must be at least 0; found -1
          {"id":"a","prompt":"x","temperature":"hot"} | wanted a number as temperature
          {"id":"a","prompt":"x","temperature":-1} | temperature is -1.0
          {"id":"a","prompt":"x","seed":0.5}    | wanted a whole number of 64 bits as seed
          {"id":"a","prompt":"x","stop":"y"}    | wanted a list of strings as stop
          {"id":"a","prompt":"x","stop":[""]}   | a stop string is empty
          """)
  void aWrongLineIsNamedBeforeAnythingIsWritten(String line, String message) {
    CliRunner.Result result =
        batch("{\"id\":\"first\",\"prompt\":\"x\"}\n" + line + "\n", "--ctx", "8");

    assertThat(result.err())
        .startsWith("dovetail: standard input, line 2: " + message)
        .hasLineCount(1);
    assertThat(result.code()).isEqualTo(1);
    assertThat(path("texts.jsonl")).doesNotExist();
  }

  @Test
  void anInterruptKeepsWhatIsDone() throws IOException {
    // The handler is called at once, as if Ctrl-C came before the first pass.
    CliRunner runner =
        new CliRunner()
            .in(PROMPTS)
            .interrupts(handler -> {
              handler.run();
              return () -> {};
            });

    CliRunner.Result result = batch(runner);

    assertThat(result.code()).isEqualTo(130);
    assertThat(result.err()).startsWith("0 texts, ");
    assertThat(batch(PROMPTS).code()).isZero();
    assertThat(texts()).hasSize(6);
  }

  @Test
  void aTerminalSeesABar() {
    CliRunner.Result result = batch(new CliRunner().in(PROMPTS).errTerminal());

    assertThat(result.err()).contains("6/6", "tok/s").endsWith(" tok/s\n");
  }
}
