package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.engine.FinishReason;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;

/** What is said to llama-server's {@code /completion}, and what it answers. */
final class LlamaCppMessages {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LlamaCppMessages() {}

  /** A request for a text; everything that a server's flags could set otherwise is set. */
  static ObjectNode request(int[] promptIds, GenerationOptions options) {
    SamplingOptions sampling = options.sampling();
    ObjectNode request = JSON.createObjectNode();
    ArrayNode prompt = request.putArray("prompt");
    for (int id : promptIds) {
      prompt.add(id);
    }
    request.put("n_predict", options.maxTokens());
    request.put("temperature", sampling.temperature());
    request.put("top_k", sampling.greedy() ? 1 : sampling.topK());
    request.put("top_p", sampling.topP());
    request.put("min_p", sampling.minP());
    request.put("repeat_penalty", sampling.repeatPenalty());
    request.put("repeat_last_n", sampling.repeatWindow());
    request.put("seed", sampling.seed() & 0x7fff_ffffL); // 32 bits, of which all ones mean any seed
    ArrayNode samplers = request.putArray("samplers");
    if (sampling.penalises()) {
      samplers.add("penalties");
    }
    samplers.add("top_k");
    if (!sampling.greedy()) {
      samplers.add("top_p").add("min_p").add("temperature");
    }
    ArrayNode stops = request.putArray("stop");
    options.stops().forEach(stops::add);
    return request
        .put("cache_prompt", false)
        .put("return_tokens", true)
        .put("ignore_eos", false)
        .put("stream", false);
  }

  /**
   * The text in an answer.
   *
   * <p>llama-server takes the time of the first token twice: {@code prompt_ms} ends there, and
   * {@code predicted_ms} starts there and ends with the last token. So these are the time to the
   * first token and the time of the {@code predicted_n - 1} tokens after it; {@code
   * predicted_per_second} divides by all of them in versions before 2026 and is not used. Tokens
   * that end within a character are counted there, and left out of {@code tokens}.
   *
   * @throws IllegalStateException if it is not the answer to that prompt
   */
  static Baseline.Answer answer(JsonNode answer, int promptTokens) {
    JsonNode tokens = answer.path("tokens");
    JsonNode timings = answer.path("timings");
    if (!tokens.isArray() || !answer.path("content").isTextual() || !timings.isObject()) {
      throw new IllegalStateException(
          "wanted an object with content, tokens and timings, which llama-server has had since 2025");
    }
    long processed = timings.path("prompt_n").asLong(-1);
    if (processed != promptTokens) {
      throw new IllegalStateException(
          "it processed %d tokens of a prompt of %d".formatted(processed, promptTokens));
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode token : tokens) {
      if (!token.isInt()) {
        throw new IllegalStateException("wanted whole numbers as tokens; found " + token);
      }
      ids.add(token.intValue());
    }
    int predicted = timings.path("predicted_n").asInt(-1);
    if (predicted < ids.size()) {
      throw new IllegalStateException(
          "it lists %d tokens and counts %d".formatted(ids.size(), predicted));
    }
    return new Baseline.Answer(
        ids,
        predicted,
        answer.path("content").textValue(),
        finishReason(answer.path("stop_type").asText()).jsonName(),
        time(timings, "prompt_ms"),
        time(timings, "predicted_ms"));
  }

  private static FinishReason finishReason(String stopType) {
    return switch (stopType) {
      case "eos" -> FinishReason.STOP;
      case "limit" -> FinishReason.LENGTH;
      case "word" -> FinishReason.STOP_SEQUENCE;
      default ->
          throw new IllegalStateException(
              "wanted eos, limit or word as stop_type; found '%s'".formatted(stopType));
    };
  }

  private static double time(JsonNode timings, String name) {
    double ms = timings.path(name).asDouble(Double.NaN);
    if (!(ms >= 0)) {
      throw new IllegalStateException(
          "wanted a time in ms as %s; found %s".formatted(name, timings.get(name)));
    }
    return ms;
  }
}
