package dev.dovetail.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dovetail.engine.BatchPrompt;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.chat.ChatMessage;
import dev.dovetail.models.chat.ChatTemplate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The prompts of a file, one JSON object a line. Lines are read and checked as JSON first, and
 * become tokens once there is a model.
 */
final class BatchInput {
  private static final Set<String> FIELDS =
      Set.of(
          "id",
          "prompt",
          "prompt_ids",
          "messages",
          "parse_special",
          "max_tokens",
          "temperature",
          "seed",
          "stop");

  private record Line(JsonNode json, String place, int number) {}

  private final Map<String, Line> lines = new LinkedHashMap<>();

  private BatchInput() {}

  /**
   * Reads all lines.
   *
   * @throws IllegalArgumentException naming the line that is not a prompt, and why
   */
  static BatchInput read(Utf8Lines source) {
    BatchInput input = new BatchInput();
    JsonLines.read(source, json -> input.add(json, source.place()));
    return input;
  }

  private void add(JsonNode json, String place) {
    if (!json.isObject()) {
      throw new IllegalArgumentException("wanted an object with an id and a prompt");
    }
    json.fieldNames()
        .forEachRemaining(name ->
            check(
                FIELDS.contains(name),
                "there is no field '%s'; wanted some of %s"
                    .formatted(name, String.join(", ", FIELDS.stream().sorted().toList()))));
    check(json.path("id").isTextual(), "wanted a string named id");
    check(
        count(json, "prompt") + count(json, "prompt_ids") + count(json, "messages") == 1,
        "wanted one of prompt, prompt_ids and messages");
    check(!json.has("parse_special") || json.has("prompt"), "parse_special belongs to a prompt");
    Line before =
        lines.putIfAbsent(json.get("id").textValue(), new Line(json, place, lines.size()));
    check(
        before == null,
        "the id '%s' was given already%s"
            .formatted(json.get("id").textValue(), before == null ? "" : ": " + before.place));
  }

  private static int count(JsonNode json, String name) {
    return json.has(name) ? 1 : 0;
  }

  /** How many prompts there are. */
  int size() {
    return lines.size();
  }

  /**
   * What is not said by a line.
   *
   * @param sampling of the first prompt; the seed of each other one is larger by one
   * @param features whether texts come with features
   */
  record Defaults(int maxTokens, SamplingOptions sampling, List<String> stops, boolean features) {}

  /**
   * The prompts as tokens, in their order.
   *
   * @param done ids that are left out
   * @throws IllegalArgumentException naming the line that this model cannot continue, and why
   */
  List<BatchPrompt> prompts(Engine engine, Defaults defaults, Set<String> done) {
    List<BatchPrompt> prompts = new ArrayList<>();
    for (Map.Entry<String, Line> entry : lines.entrySet()) {
      Line line = entry.getValue();
      if (!done.contains(entry.getKey())) {
        try {
          prompts.add(prompt(entry.getKey(), line, engine, defaults));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(line.place + ": " + e.getMessage(), e);
        }
      }
    }
    return prompts;
  }

  private static BatchPrompt prompt(String id, Line line, Engine engine, Defaults defaults) {
    JsonNode json = line.json;
    int[] tokens = tokens(json, engine);
    engine.checkPrompt(tokens);
    SamplingOptions sampling = defaults.sampling;
    if (json.has("temperature")) {
      check(json.get("temperature").isNumber(), "wanted a number as temperature");
      sampling = sampling.withTemperature(json.get("temperature").floatValue());
    }
    long seed = sampling.greedy() ? sampling.seed() : sampling.seed() + line.number;
    if (json.has("seed")) {
      JsonNode given = json.get("seed");
      check(
          given.isIntegralNumber() && given.canConvertToLong(),
          "wanted a whole number of 64 bits as seed");
      seed = given.longValue();
    }
    int maxTokens =
        json.has("max_tokens") ? whole(json.get("max_tokens"), "max_tokens") : defaults.maxTokens;
    List<String> stops = json.has("stop") ? stops(json.get("stop")) : defaults.stops;
    return new BatchPrompt(
        id, tokens, maxTokens, sampling.withSeed(seed), stops, defaults.features);
  }

  private static int[] tokens(JsonNode json, Engine engine) {
    if (json.has("prompt_ids")) {
      return ids(json.get("prompt_ids"));
    }
    if (json.has("messages")) {
      ChatTemplate template =
          engine
              .chatTemplate()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "the model's file has no chat template: give a prompt instead of messages"));
      return template.encode(messages(json.get("messages")), true, engine.tokenizer());
    }
    check(json.get("prompt").isTextual(), "wanted a string as prompt");
    JsonNode special = json.path("parse_special");
    check(special.isMissingNode() || special.isBoolean(), "wanted true or false as parse_special");
    return engine.rawPrompt(json.get("prompt").textValue(), special.booleanValue());
  }

  private static int[] ids(JsonNode given) {
    check(given.isArray(), "wanted a list of token ids as prompt_ids");
    int[] ids = new int[given.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = whole(given.get(i), "prompt_ids");
    }
    return ids;
  }

  private static List<ChatMessage> messages(JsonNode given) {
    check(given.isArray() && !given.isEmpty(), "wanted a list of messages");
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode message : given) {
      check(
          message.path("role").isTextual() && message.path("content").isTextual(),
          "wanted messages with strings named role and content; found " + message);
      messages.add(
          new ChatMessage(message.get("role").textValue(), message.get("content").textValue()));
    }
    return messages;
  }

  private static List<String> stops(JsonNode given) {
    check(given.isArray(), "wanted a list of strings as stop");
    List<String> stops = new ArrayList<>();
    for (JsonNode stop : given) {
      check(stop.isTextual(), "wanted strings as stop; found " + stop);
      stops.add(stop.textValue());
    }
    return stops;
  }

  private static int whole(JsonNode given, String name) {
    check(
        given.isIntegralNumber() && given.canConvertToInt(),
        "wanted whole numbers as %s; found %s".formatted(name, given));
    return given.intValue();
  }

  private static void check(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }
}
