package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to a server and made of its answers; the server is a fake. */
class LlamaCppBaselineTest {
  private static final Path MODEL = Path.of("models", "tiny.gguf");
  private static final String PROPERTIES =
      "{\"build_info\": \"b1234-abcdef0\", \"model_path\": \"/elsewhere/tiny.gguf\"}";
  private static final String ANSWER =
      """
      {"content": "a b", "tokens": [5, 6, 2], "stop_type": "eos", "tokens_evaluated": 3,
       "timings": {"prompt_n": 3, "prompt_ms": 12.5, "predicted_n": 3, "predicted_ms": 8.0,
                   "predicted_per_second": 375.0}}
      """;

  @TempDir Path temporary;
  private final AtomicReference<String> completion = new AtomicReference<>(ANSWER);
  private final AtomicInteger completionStatus = new AtomicInteger(200);
  private final AtomicReference<String> properties = new AtomicReference<>(PROPERTIES);
  private final AtomicInteger loading = new AtomicInteger();
  private final AtomicReference<String> request = new AtomicReference<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/health",
        exchange -> {
          boolean ready = loading.getAndDecrement() <= 0;
          reply(exchange, ready ? 200 : 503, ready ? "{\"status\": \"ok\"}" : "{\"error\": {}}");
        });
    server.createContext("/props", exchange -> reply(exchange, 200, properties.get()));
    server.createContext(
        "/completion",
        exchange -> {
          request.set(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          reply(exchange, completionStatus.get(), completion.get());
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    if (status > 0) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
    exchange.close();
  }

  private String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private LlamaCppBaseline open() {
    return LlamaCppBaseline.open(address(), MODEL, 512, 2, 0);
  }

  private Baseline.Answer answer(GenerationOptions options) {
    try (LlamaCppBaseline baseline = open()) {
      return baseline.answer(new int[] {1, 3, 4}, options);
    }
  }

  @Test
  void anAnswerIsRead() {
    Baseline.Answer answer = answer(GenerationOptions.greedy());
    assertThat(answer)
        .isEqualTo(new Baseline.Answer(List.of(5, 6, 2), 3, "a b", "stop", 12.5, 8.0));
  }

  /** Those that end within a character are not listed. */
  @Test
  void tokensThatAreNotListedAreCounted() {
    completion.set(ANSWER.replace("\"predicted_n\": 3", "\"predicted_n\": 7"));
    assertThat(answer(GenerationOptions.greedy()))
        .isEqualTo(new Baseline.Answer(List.of(5, 6, 2), 7, "a b", "stop", 12.5, 8.0));
  }

  @Test
  void aServerThatLoadsIsWaitedFor() {
    loading.set(3);
    assertThat(answer(GenerationOptions.greedy()).text()).isEqualTo("a b");
  }

  @Test
  void theVersionSaysThatTheFlagsAreUnknown() {
    try (LlamaCppBaseline baseline = open()) {
      assertThat(baseline.name()).isEqualTo("llama.cpp");
      assertThat(baseline.version()).isEqualTo("b1234-abcdef0 (started elsewhere, flags unknown)");
      assertThat(baseline.program()).isEqualTo("http://127.0.0.1:" + server.getAddress().getPort());
    }
  }

  @Test
  void aGreedyRequestLeavesNothingToTheServersFlags() throws IOException {
    answer(GenerationOptions.greedy().withMaxTokens(7));
    JsonNode wanted =
        new ObjectMapper()
            .readTree(
                """
                {"prompt": [1, 3, 4], "n_predict": 7, "temperature": 0.0, "top_k": 1, "top_p": 1.0,
                 "min_p": 0.0, "repeat_penalty": 1.0, "repeat_last_n": 64, "seed": 0,
                 "samplers": ["top_k"], "stop": [], "cache_prompt": false, "return_tokens": true,
                 "ignore_eos": false, "stream": false}
                """);
    assertThat(new ObjectMapper().readTree(request.get())).isEqualTo(wanted);
  }

  @Test
  void samplersComeInOurOrder() throws IOException {
    SamplingOptions sampling =
        SamplingOptions.of(0.5f, -1).withTopK(40).withTopP(0.75f).withRepeatPenalty(1.5f, 32);
    answer(GenerationOptions.greedy().withSampling(sampling).withStops(List.of("\n\n")));
    JsonNode sent = new ObjectMapper().readTree(request.get());
    assertThat(sent.get("samplers").toString())
        .isEqualTo("[\"penalties\",\"top_k\",\"top_p\",\"min_p\",\"temperature\"]");
    assertThat(sent.get("top_k").intValue()).isEqualTo(40);
    assertThat(sent.get("temperature").floatValue()).isEqualTo(0.5f);
    assertThat(sent.get("stop").toString()).isEqualTo("[\"\\n\\n\"]");
    assertThat(sent.get("seed").longValue()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aCancelledAnswerSaysSo() {
    GenerationOptions options = GenerationOptions.greedy();
    options.cancellation().cancel();
    assertThat(answer(options)).isEqualTo(new Baseline.Answer(List.of(), 0, "", "cancelled", 0, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"tokens\"          | \"ids\"           | wanted an object with content, tokens and timings",
        "\"content\"         | \"text\"          | wanted an object with content, tokens and timings",
        "[5, 6, 2]           | [5, \"x\"]        | wanted whole numbers as tokens; found \"x\"",
        "\"eos\"             | \"none\"          | wanted eos, limit or word as stop_type; found 'none'",
        "\"prompt_n\": 3     | \"prompt_n\": 1   | it processed 1 tokens of a prompt of 3",
        "\"prompt_ms\": 12.5 | \"prompt_ms\": -1 | wanted a time in ms as prompt_ms; found -1",
        "\"predicted_n\": 3  | \"predicted_n\": 2 | it lists 3 tokens and counts 2",
        "\"predicted_ms\"    | \"ms\"            | wanted a time in ms as predicted_ms; found null",
      })
  void anAnswerOfAnotherFormIsRefused(String part, String by, String message) {
    completion.set(ANSWER.replace(part, by));
    assertThatIllegalStateException()
        .isThrownBy(() -> answer(GenerationOptions.greedy()))
        .withMessageStartingWith("llama-server at " + address())
        .withMessageContaining(message);
  }

  @Test
  void aRefusalIsToldInItsWords() {
    completionStatus.set(400);
    completion.set("{\"error\": {\"code\": 400, \"message\": \"the prompt is too long\"}}");
    assertThatIllegalStateException()
        .isThrownBy(() -> answer(GenerationOptions.greedy()))
        .withMessageContaining("refuses /completion (HTTP 400): the prompt is too long");
  }

  @Test
  void whatIsNoJsonIsRefused() {
    completion.set("<html>");
    assertThatIllegalStateException()
        .isThrownBy(() -> answer(GenerationOptions.greedy()))
        .withMessageContaining("answers /completion with no JSON (HTTP 200)");
  }

  @Test
  void aServerThatHangsUpIsToldOf() {
    completionStatus.set(0);
    assertThatIllegalStateException()
        .isThrownBy(() -> answer(GenerationOptions.greedy()))
        .withMessageContaining("does not answer");
  }

  @Test
  void anotherModelIsRefused() {
    properties.set("{\"model_path\": \"C:\\\\models\\\\other.gguf\"}");
    assertThatIllegalStateException()
        .isThrownBy(this::open)
        .withMessageContaining("has another model: wanted tiny.gguf, found 'other.gguf'");
  }

  @Test
  void whereNobodyListensTheMessageNamesTheAddress() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> LlamaCppBaseline.open("http://127.0.0.1:" + port, MODEL, 512, 2, 0))
        .withMessageStartingWith("llama-server at http://127.0.0.1:" + port + " does not answer");
  }

  @ParameterizedTest
  @CsvSource({
    "http://,               no address of a llama-server",
    "http:///x,             wanted http://HOST:PORT",
    "no-such-llama-server,  which is no program",
    "/,                     which is no program",
  })
  void whatIsNeitherAProgramNorAnAddressIsRefused(String where, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LlamaCppBaseline.check(where))
        .withMessageContaining(message);
  }

  @Test
  void aServerThatDoesNotStartIsToldOfByItsLastLine() throws IOException {
    Path program = script("echo loading; echo \"cannot load $2 with $4 tokens\" >&2; exit 3");
    assertThatIllegalStateException()
        .isThrownBy(() -> LlamaCppBaseline.open(program.toString(), MODEL, 512, 2, 0))
        .withMessage(
            "llama-server does not start; it ended with exit code 3; its last line: cannot load %s with 512 tokens"
                .formatted(MODEL.toAbsolutePath()));
  }

  @Test
  void aServerEndsWithUs() throws Exception {
    Path started = temporary.resolve("started");
    Path program = script("echo $$ > pid; mv pid started; exec sleep 1000");
    try (LlamaServerProcess process = LlamaServerProcess.start(program, MODEL, 512, 2, 0)) {
      while (!Files.exists(started)) {
        assertThat(process.runs()).isTrue();
        Thread.sleep(5);
      }
    }
    long pid = Long.parseLong(Files.readString(started).strip());
    var sleeper = ProcessHandle.of(pid);
    if (sleeper.isPresent()) {
      sleeper.get().onExit().get(60, TimeUnit.SECONDS);
    }
  }

  /** A program in place of llama-server. */
  private Path script(String body) throws IOException {
    Path script =
        Files.writeString(
            temporary.resolve("llama-server"),
            "#!/bin/sh\ncd '%s'\n%s\n".formatted(temporary, body));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }
}
