package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** llama.cpp's llama-server as a baseline: one that is started for it, or one that runs already. */
public final class LlamaCppBaseline implements Baseline {
  /** What its setting is called. */
  public static final String NAME = "llama.cpp";

  /** For a model to be read and warmed up. */
  private static final Duration LOADING = Duration.ofMinutes(10);

  private static final Duration SHORT = Duration.ofSeconds(20);

  /** Slower than this, the largest model on the smallest machine is not. */
  private static final Duration PER_TOKEN = Duration.ofSeconds(5);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI address;
  private final Optional<LlamaServerProcess> server;
  private final String program;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(SHORT).build();
  private String version = "unknown";

  private LlamaCppBaseline(URI address, Optional<LlamaServerProcess> server, String program) {
    this.address = address;
    this.server = server;
    this.program = program;
  }

  /**
   * Starts a server and waits until it has read the model, or connects to one.
   *
   * @param where llama-server's file, or {@code http://HOST:PORT} of one that runs
   * @param model the GGUF file that it shall have
   * @param context room for this many tokens
   * @param gpuLayers the model's first ones, on the GPU
   * @throws IllegalArgumentException if {@code where} is neither
   * @throws IllegalStateException if the server does not start, is none, or has another model
   */
  public static LlamaCppBaseline open(
      String where, Path model, int context, int threads, int gpuLayers) {
    LlamaCppBaseline baseline =
        remote(where)
            ? new LlamaCppBaseline(address(where), Optional.empty(), address(where).toString())
            : started(program(where), model, context, threads, gpuLayers);
    try {
      baseline.waitUntilReady();
      baseline.look(model);
      return baseline;
    } catch (RuntimeException | Error e) {
      baseline.close();
      throw e;
    }
  }

  /**
   * Whether {@code where} can be opened, as far as it shows by itself.
   *
   * @throws IllegalArgumentException if it is no program and no address
   */
  public static void check(String where) {
    if (remote(where)) {
      address(where);
    } else {
      program(where);
    }
  }

  private static boolean remote(String where) {
    return where.startsWith("http://");
  }

  private static URI address(String where) {
    URI address;
    try {
      address = URI.create(where.replaceFirst("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("no address of a llama-server: " + e.getMessage(), e);
    }
    if (address.getHost() == null) {
      throw new IllegalArgumentException("wanted http://HOST:PORT; found '" + where + "'");
    }
    return address;
  }

  private static Path program(String where) {
    Path program = Path.of(where).toAbsolutePath();
    if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
      throw new IllegalArgumentException(
          "wanted llama.cpp's llama-server or http://HOST:PORT; found '%s', which is no program"
              .formatted(where));
    }
    return program;
  }

  private static LlamaCppBaseline started(
      Path program, Path model, int context, int threads, int gpuLayers) {
    try {
      String sum = "sha256:" + ModelFacts.sha256(program);
      LlamaServerProcess server =
          LlamaServerProcess.start(program, model.toAbsolutePath(), context, threads, gpuLayers);
      return new LlamaCppBaseline(
          URI.create("http://127.0.0.1:" + server.port()), Optional.of(server), sum);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String version() {
    return server.isPresent() ? version : version + " (started elsewhere, flags unknown)";
  }

  @Override
  public String program() {
    return program;
  }

  @Override
  public Answer answer(int[] promptIds, GenerationOptions options) {
    String body = LlamaCppMessages.request(promptIds, options).toString();
    Duration limit = SHORT.plus(PER_TOKEN.multipliedBy(promptIds.length + options.maxTokens()));
    HttpRequest request =
        request("/completion", limit)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    Optional<HttpResponse<String>> response = send(request, options.cancellation());
    if (response.isEmpty()) {
      return new Answer(List.of(), 0, "", FinishReason.CANCELLED.jsonName(), 0, 0);
    }
    JsonNode answer = json(response.get());
    try {
      return LlamaCppMessages.answer(answer, promptIds.length);
    } catch (IllegalStateException e) {
      throw failure("answers otherwise than expected: " + e.getMessage(), e);
    }
  }

  private void waitUntilReady() {
    long deadline = System.nanoTime() + LOADING.toNanos();
    while (true) {
      try {
        HttpResponse<String> health =
            client.send(
                request("/health", SHORT).build(),
                HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (health.statusCode() != 503) { // that is: the model is being read
          json(health);
          return;
        }
      } catch (IOException e) {
        if (server.isEmpty()) {
          throw failure("does not answer: " + reason(e), e);
        }
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
      if (server.isPresent() && !server.get().runs()) {
        throw failure("does not start", null);
      }
      if (System.nanoTime() > deadline) {
        throw failure("was not ready after %d minutes".formatted(LOADING.toMinutes()), null);
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        throw interrupted(e);
      }
    }
  }

  /** Asks for the version and whether the model is the right one. */
  private void look(Path model) {
    JsonNode properties =
        json(send(request("/props", SHORT).build(), new Cancellation()).orElseThrow());
    version = properties.path("build_info").asText("unknown");
    String path = properties.path("model_path").asText("");
    String wanted = model.getFileName().toString();
    // A server may run on another system, with other separators.
    String found = path.replaceFirst("^.*[/\\\\]", "");
    if (!found.equals(wanted)) {
      throw failure("has another model: wanted %s, found '%s'".formatted(wanted, found), null);
    }
  }

  private HttpRequest.Builder request(String path, Duration limit) {
    return HttpRequest.newBuilder(URI.create(address + path)).timeout(limit);
  }

  /** Sends a request; empty if it was cancelled, which the server notices. */
  private Optional<HttpResponse<String>> send(HttpRequest request, Cancellation cancellation) {
    CompletableFuture<HttpResponse<String>> response =
        client.sendAsync(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    try {
      while (!cancellation.isCancelled()) {
        try {
          return Optional.of(response.get(50, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
          // Now and then the cancellation is looked at.
        }
      }
      return Optional.empty();
    } catch (ExecutionException e) {
      throw failure("does not answer: " + reason(e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      response.cancel(true);
    }
  }

  private JsonNode json(HttpResponse<String> response) {
    JsonNode node;
    try {
      node = JSON.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw failure(
          "answers %s with no JSON (HTTP %d)"
              .formatted(response.uri().getPath(), response.statusCode()),
          e);
    }
    if (response.statusCode() != 200) {
      throw failure(
          "refuses %s (HTTP %d): %s"
              .formatted(
                  response.uri().getPath(),
                  response.statusCode(),
                  node.path("error").path("message").asText("it says no more")),
          null);
    }
    return node;
  }

  private static String reason(Throwable e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private IllegalStateException failure(String what, Throwable cause) {
    String which = server.isPresent() ? "llama-server" : "llama-server at " + address;
    String state = server.map(process -> "; " + process.state()).orElse("");
    return new IllegalStateException(which + " " + what + state, cause);
  }

  private IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while llama-server worked", e);
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.ifPresent(LlamaServerProcess::close);
  }
}
