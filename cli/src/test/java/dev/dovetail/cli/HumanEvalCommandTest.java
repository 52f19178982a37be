package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HumanEvalCommandTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Interrupts AT_ONCE =
      handler -> {
        handler.run();
        return () -> {};
      };

  /** Of a result, what another run with the same options gives again. */
  private static final Set<String> REPEATABLE =
      Set.of(
          "problem",
          "setting",
          "repeat",
          "prompt_tokens",
          "token_ids",
          "text",
          "finish_reason",
          "rounds",
          "tau",
          "rounds_by_accepted",
          "rounds_by_depth",
          "whole_by_depth",
          "nodes",
          "bytes_to_draft",
          "bytes_from_draft");

  @TempDir private static Path models;
  private static String model;
  private static String draft;

  @TempDir private Path folder;

  @BeforeAll
  static void writeModels() throws IOException {
    // Some problems are longer than a tiny model's own context.
    model = models.resolve("tiny.gguf").toString();
    TinyModels.writer("llama", TensorType.Q8_0, 5, true)
        .put("llama.context_length", 4096)
        .write(Path.of(model));
    draft = TinyDraft.write(models.resolve("draft"), TinyModels.HIDDEN, 6).toString();
  }

  @Test
  void theReportHasItsFieldsInOrder() throws Exception {
    CliRunner.Result result = run("--draft", draft + "@3x2,none", "--limit", "2", "--json");

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    JsonNode report = MAPPER.readTree(result.out());
    assertThat(names(report))
        .containsExactly(
            "format",
            "created",
            "complete",
            "conditions",
            "model",
            "options",
            "settings",
            "cost",
            "summary",
            "results");
    assertThat(report.get("format").asText()).isEqualTo("dovetail-humaneval-1");
    assertThat(report.get("complete").asBoolean()).as("of 164 problems").isFalse();
    assertConditions(report);
    assertSettings(report.get("settings"));
    assertThat(report.get("cost")).isEmpty();
    assertSummary(report.get("summary"));
    assertResults(report.get("results"));
  }

  private static void assertConditions(JsonNode report) throws Exception {
    JsonNode conditions = report.get("conditions");
    assertThat(names(conditions))
        .containsExactly(
            "cpu",
            "cores",
            "os",
            "jdk",
            "dovetail",
            "commit",
            "kernels",
            "vector_bits",
            "threads",
            "kv_type",
            "read_gb_per_s",
            "fma_gmac_per_s",
            "gpu",
            "gpu_driver",
            "gpu_layers",
            "memory_bytes");
    assertThat(conditions.get("threads").asInt()).isEqualTo(2);
    assertThat(conditions.get("kv_type").asText()).isEqualTo("f32");
    assertThat(conditions.get("kernels").asText())
        .isEqualTo("panama-" + conditions.get("vector_bits").asInt());
    assertThat(conditions.get("read_gb_per_s").asDouble()).isPositive();
    JsonNode file = report.get("model");
    assertThat(names(file))
        .containsExactly("name", "file", "sha256", "bytes", "architecture", "types");
    assertThat(file.get("name").asText()).isEqualTo("tiny");
    assertThat(file.get("file").asText()).isEqualTo("tiny.gguf");
    assertThat(file.get("sha256").asText()).isEqualTo(sha256(Path.of(model)));
    assertThat(file.get("bytes").asLong()).isEqualTo(Files.size(Path.of(model)));
    assertThat(file.get("types").asText()).isEqualTo("Q8_0, F32");
    JsonNode options = report.get("options");
    assertThat(names(options))
        .containsExactly(
            "prompt",
            "max_tokens",
            "context",
            "temperature",
            "top_k",
            "top_p",
            "min_p",
            "repeat_penalty",
            "seed",
            "repeat",
            "limit",
            "scoring",
            "arguments");
    assertThat(options.get("max_tokens").asInt()).isEqualTo(12);
    assertThat(options.get("arguments").get(1).asText()).isEqualTo("humaneval");
  }

  private static void assertSettings(JsonNode settings) throws Exception {
    assertThat(names(settings.get(0)))
        .containsExactly("name", "kind", "draft", "draft_sha256", "tree");
    assertThat(settings.get(0).get("name").asText())
        .as("first, wherever listed")
        .isEqualTo("plain");
    JsonNode drafted = settings.get(1);
    assertThat(drafted.get("name").asText()).isEqualTo(draft + "@3x2");
    assertThat(drafted.get("kind").asText()).isEqualTo("draft");
    assertThat(drafted.get("draft").asText()).startsWith("dgf tiny (");
    assertThat(drafted.get("draft_sha256").asText())
        .isEqualTo(sha256(Path.of(draft, "model.safetensors")));
    assertThat(drafted.get("tree").asText()).isEqualTo("3x2");
  }

  private static void assertSummary(JsonNode summary) {
    assertThat(summary).hasSize(2);
    assertThat(names(summary.get(1)))
        .containsExactly(
            "setting",
            "problems",
            "decode_tok_per_s",
            "prefill_tok_per_s",
            "ttft_ms",
            "gain",
            "tokens_per_s_total",
            "tau",
            "tau_by_problem",
            "acceptance_by_depth",
            "tree_nodes",
            "lookup_share",
            "lookup_tau",
            "draft_ms_per_round",
            "verify_ms_per_round",
            "channel_ms_per_round",
            "bytes_to_draft_per_round",
            "bytes_from_draft_per_round",
            "hidden_share",
            "peak_rss_bytes",
            "peak_vram_bytes",
            "identical",
            "different",
            "first_difference",
            "pass_at_1");
    assertThat(names(summary.get(1).get("gain")))
        .containsExactly("median", "q1", "q3", "low", "high");
    assertThat(summary.get(1).get("identical").asInt()).isEqualTo(2);
    assertThat(summary.get(1).get("different").asInt()).isZero();
    assertThat(summary.get(1).get("tree_nodes").get("median").asDouble()).isEqualTo(6);
    assertThat(summary.get(0).get("gain").get("median").asDouble()).isEqualTo(1);
  }

  private static void assertResults(JsonNode results) {
    assertThat(names(results.get(0)))
        .containsExactly(
            "problem",
            "setting",
            "repeat",
            "prompt_tokens",
            "token_ids",
            "text",
            "finish_reason",
            "ttft_ms",
            "prefill_tok_per_s",
            "decode_tok_per_s",
            "decode_ms",
            "rounds",
            "tau",
            "rounds_by_accepted",
            "rounds_by_depth",
            "whole_by_depth",
            "nodes",
            "lookup_rounds",
            "lookup_accepted",
            "draft_ms",
            "verify_ms",
            "channel_ms",
            "bytes_to_draft",
            "bytes_from_draft",
            "draft_hidden_ms",
            "peak_rss_bytes",
            "peak_vram_bytes",
            "draft",
            "gpu_lost",
            "passed",
            "score_outcome");
    assertThat(results)
        .extracting(result -> result.get("problem").asText())
        .containsExactly("HumanEval/0", "HumanEval/0", "HumanEval/82", "HumanEval/82");
    assertThat(results)
        .extracting(result -> result.get("setting").asText().equals("plain"))
        .as("turns")
        .containsExactly(true, false, false, true);
    for (JsonNode result : results) {
      assertThat(result.get("token_ids")).hasSizeBetween(1, 12);
      long rounds = 0;
      for (JsonNode count : result.get("rounds_by_accepted")) {
        rounds += count.asLong();
      }
      assertThat(rounds).isEqualTo(result.get("rounds").asLong());
      assertThat(result.get("passed").isNull()).isTrue();
    }
  }

  @Test
  void peopleGetALineForEachSetting() {
    CliRunner.Result result = run("--draft", "none," + draft, "--limit", "1");

    assertThat(result.out().lines().map(line -> line.split(" ")[0]))
        .containsExactly("tiny,", "setting", "plain", draft, "medians", "an", "Not");
    assertThat(result.out())
        .contains("1.00", "1 of 1", "an interval takes 6 problems")
        .doesNotContain("[")
        .endsWith("Not the whole of HumanEval: limited to 1 problem.\n");
    assertThat(result.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--temp=0.8 --top-k=40 --top-p=0.95 --seed=3", "--prompt=chat"})
  void everySettingGivesTheSameText(String more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(more.split(" ")));
    arguments.addAll(
        List.of(
            "--draft", "none,%s@1,%<s@4,cpu:%<s@2x3".formatted(draft), "--limit", "2", "--json"));

    CliRunner.Result result = run(arguments.toArray(new String[0]));

    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    for (JsonNode summary : MAPPER.readTree(result.out()).get("summary")) {
      assertThat(summary.get("identical").asInt()).isEqualTo(2);
    }
  }

  @Test
  void withoutPlainDecodingNothingIsCompared() throws IOException {
    CliRunner.Result result = run("--draft", draft, "--limit", "1", "--json", "-");

    JsonNode summary = MAPPER.readTree(result.out()).get("summary").get(0);
    assertThat(summary.get("gain").isNull()).isTrue();
    assertThat(summary.get("identical").isNull()).isTrue();
    assertThat(result.code()).isZero();
  }

  @Test
  void theTimeOfPassesStandsInTheReport() throws IOException {
    CliRunner.Result result =
        new CliRunner()
            .run(
                "bench",
                "humaneval",
                "-m",
                model,
                "--draft",
                "none",
                "--limit=1",
                "-n=4",
                "--json");

    JsonNode cost = MAPPER.readTree(result.out()).get("cost");
    assertThat(cost)
        .extracting(pass -> pass.get("n").asInt())
        .containsExactly(1, 2, 3, 4, 5, 6, 8, 12, 16);
    assertThat(cost).allMatch(pass -> pass.get("ms").asDouble() > 0);
  }

  @Test
  void aRunGoesOnWhereItWasInterrupted() throws IOException {
    String[] options = {"--draft", "none,%s@2".formatted(draft), "--limit", "3"};
    JsonNode whole = report("whole.json", options);
    Path partial = interrupted("report.json", options);
    append(partial, whole.get("results"), 3);

    JsonNode resumed = report("report.json", options);

    assertThat(repeatable(resumed)).isEqualTo(repeatable(whole));
    assertThat(resumed.get("results"))
        .as("three are those that were there, times and all")
        .startsWith(
            whole.get("results").get(0), whole.get("results").get(1), whole.get("results").get(2));
    assertThat(resumed.get("settings")).isEqualTo(whole.get("settings"));
    assertThat(partial).doesNotExist();
  }

  @Test
  void ctrlCReportsWhatIsDoneAndKeepsIt() throws IOException {
    String[] options = {"--draft", "none,%s@2".formatted(draft), "--limit", "3"};
    JsonNode whole = report("whole.json", options);
    Path partial = interrupted("report.json", options);
    append(partial, whole.get("results"), 3);

    CliRunner.Result result =
        new CliRunner().interrupts(AT_ONCE).run(arguments("report.json", options));

    assertThat(result.code()).isEqualTo(130);
    assertThat(result.out())
        .startsWith("tiny, 2 problems, raw; ")
        .endsWith("\nInterrupted after 1 of 3 problems.\n");
    JsonNode report = MAPPER.readTree(Files.readString(folder.resolve("report.json")));
    assertThat(report.get("complete").asBoolean()).isFalse();
    assertThat(report.get("results")).hasSize(3);
    assertThat(report.get("summary").get(0).get("problems").asInt()).isEqualTo(1);
    assertThat(report.get("summary").get(1).get("problems").asInt()).isEqualTo(2);
    assertThat(report.get("summary").get(1).get("identical").asInt()).isEqualTo(1);
    assertThat(partial).exists();
  }

  @Test
  void ctrlCBeforeAnythingIsDoneLeavesNoReport() throws IOException {
    interrupted("report.json", "--draft", "none", "--limit", "3");

    assertThat(folder.resolve("report.json")).doesNotExist();
  }

  @Test
  void otherOptionsAreRefused() throws IOException {
    Path partial = interrupted("report.json", "--draft", "none", "--limit", "3");

    CliRunner.Result result =
        new CliRunner()
            .run(arguments("report.json", "--draft", "none", "--limit", "3", "--seed", "7"));

    assertThat(result.err())
        .isEqualTo(
            "dovetail: %s was begun otherwise: options.seed is 0 there and 7 now; run it as it was begun, or delete the file to begin anew (see dovetail bench humaneval --help)\n"
                .formatted(partial));
    assertThat(result.code()).isEqualTo(2);
    assertThat(partial).exists();
  }

  @Test
  void aTextThatDiffersFailsTheRunWhenAllIsMeasured() throws IOException {
    String setting = draft + "@2";
    String[] options = {"--draft", "none," + setting, "--limit", "3"};
    JsonNode whole = report("whole.json", options);
    ArrayNode results = whole.get("results").deepCopy();
    assertThat(results.get(1).get("setting").asText()).isEqualTo(setting);
    ArrayNode ids = (ArrayNode) results.get(1).get("token_ids");
    ids.set(4, ids.get(4).asInt() + 1);
    append(interrupted("report.json", options), results, 2);

    CliRunner.Result result = new CliRunner().run(arguments("report.json", options));

    assertThat(result.err())
        .isEqualTo(
            "dovetail: %s differs from plain decoding in 1 of its texts, and must not: first in HumanEval/0 (repeat 0), token 4\n"
                .formatted(setting));
    assertThat(result.out()).contains("2 of 3");
    assertThat(result.code()).isEqualTo(1);
    JsonNode summary =
        MAPPER.readTree(Files.readString(folder.resolve("report.json"))).get("summary").get(1);
    assertThat(summary.get("different").asInt()).isEqualTo(1);
    assertThat(summary.get("first_difference").toString())
        .isEqualTo("{\"problem\":\"HumanEval/0\",\"repeat\":0,\"position\":4}");
  }

  /** What is measured before it must not be lost, where it is kept in no file either. */
  @Test
  void aBaselineThatFailsEndsTheRunWithAReport() throws IOException {
    AtomicInteger answers = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/health", exchange -> reply(exchange, 200, "{\"status\": \"ok\"}"));
    server.createContext(
        "/props", exchange -> reply(exchange, 200, "{\"model_path\": \"tiny.gguf\"}"));
    server.createContext(
        "/completion",
        exchange -> {
          int tokens = MAPPER.readTree(exchange.getRequestBody()).get("prompt").size();
          // The warm-up and two problems.
          if (answers.incrementAndGet() > 3) {
            reply(exchange, 500, "{\"error\": {\"message\": \"out of luck\"}}");
          } else {
            reply(
                exchange,
                200,
                """
                {"content": "a", "tokens": [5, 6], "stop_type": "limit",
                 "timings": {"prompt_n": %d, "prompt_ms": 1, "predicted_n": 2, "predicted_ms": 1}}
                """
                    .formatted(tokens));
          }
        });
    server.start();
    CliRunner.Result result;
    String address = "http://127.0.0.1:" + server.getAddress().getPort();
    try {
      result =
          run("--draft", "none", "--limit", "3", "--baseline", "llama.cpp=" + address, "--json");
    } finally {
      server.stop(0);
    }

    assertThat(result.err())
        .isEqualTo(
            "dovetail: llama-server at %s refuses /completion (HTTP 500): out of luck\n"
                .formatted(address));
    assertThat(result.code()).isEqualTo(1);
    JsonNode report = MAPPER.readTree(result.out());
    assertThat(report.get("complete").asBoolean()).isFalse();
    assertThat(report.get("results")).hasSize(5);
    assertThat(report.get("settings").get(1).get("program").asText()).isEqualTo(address);
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Test
  void aContextWithoutRoomForAPromptIsRefusedAtOnce() {
    CliRunner.Result result = run("--draft", "none", "--ctx", "300", "--json");

    assertThat(result.err())
        .matches(
            "dovetail: HumanEval/\\d+ has \\d+ tokens, and the context holds 300: choose a larger one by --ctx, or a model that has it\n");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void progressIsALineForTwentyProblems() {
    CliRunner.Result result = run("--draft", "none,%s@1".formatted(draft), "--limit", "21", "-n=2");

    assertThat(result.err()).matches("dovetail: 20 of 21 problems; gains: .*@1 \\d+\\.\\d\\dx\n");
  }

  @Test
  void aReportWithoutANameIsRefused() {
    CliRunner.Result result = run("--limit", "1", "--draft", "none", "--json", "");

    assertThat(result.err())
        .isEqualTo(
            "dovetail: --json names no file; - is standard output (see dovetail bench humaneval --help)\n");
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void aModelWithoutADraftIsMeasuredWithLookupsAlone() {
    CliRunner.Result assumed = run("--limit", "1");
    CliRunner.Result asked = run("--limit", "1", "--draft", "none,dgf@4");

    assertThat(assumed.err()).isEmpty();
    assertThat(assumed.out()).contains("auto");
    assertThat(assumed.code()).isZero();
    assertThat(asked.err())
        .isEqualTo(
            "dovetail: no draft comes with this model: choose lookup, which needs none, or name a draft's folder\n");
    assertThat(asked.code()).isEqualTo(1);
  }

  /** Begins a run that is interrupted before its first text; its progress so far. */
  private Path interrupted(String json, String... options) {
    CliRunner.Result result = new CliRunner().interrupts(AT_ONCE).run(arguments(json, options));
    assertThat(result.code()).isEqualTo(130);
    assertThat(result.out()).isEmpty();
    return folder.resolve(json + ".partial");
  }

  private static void append(Path partial, JsonNode results, int count) throws IOException {
    StringBuilder lines = new StringBuilder(Files.readString(partial));
    for (int i = 0; i < count; i++) {
      lines.append(results.get(i)).append('\n');
    }
    Files.writeString(partial, lines);
  }

  private JsonNode report(String json, String... options) throws IOException {
    CliRunner.Result result = new CliRunner().run(arguments(json, options));
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(folder.resolve(json + ".partial")).doesNotExist();
    return MAPPER.readTree(Files.readString(folder.resolve(json)));
  }

  private String[] arguments(String json, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--json", folder.resolve(json).toString()));
    return arguments(all);
  }

  private static String[] arguments(List<String> options) {
    List<String> all = new ArrayList<>(List.of("bench", "humaneval", "-m", model, "--no-cost"));
    all.addAll(List.of("--threads", "2"));
    if (options.stream().noneMatch(option -> option.startsWith("-n"))) {
      all.add("-n=12");
    }
    all.addAll(options);
    return all.toArray(new String[0]);
  }

  private static CliRunner.Result run(String... options) {
    return new CliRunner().run(arguments(List.of(options)));
  }

  /** Each text of a report, but for times. */
  private static List<JsonNode> repeatable(JsonNode report) {
    List<JsonNode> texts = new ArrayList<>();
    for (JsonNode result : report.get("results")) {
      texts.add(((ObjectNode) result.deepCopy()).retain(REPEATABLE));
    }
    return texts;
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static String sha256(Path path) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path)));
  }
}
