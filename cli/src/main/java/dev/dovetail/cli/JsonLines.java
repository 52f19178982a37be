package dev.dovetail.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** Answers JSON objects, one a line, by JSON objects, one a line. */
final class JsonLines {
  private JsonLines() {}

  /**
   * Answers every line of the input, each at once; blank lines are passed over.
   *
   * @throws IllegalArgumentException naming the line that is not UTF-8, no JSON object, or that
   *     {@code answer} refuses
   */
  static void answer(Utf8Lines lines, Output out, Function<JsonNode, ObjectNode> answer) {
    read(lines, line -> out.line(answer.apply(line).toString()));
  }

  /**
   * Reads every line of the input; blank lines are passed over.
   *
   * @throws IllegalArgumentException naming the line that is not UTF-8, not JSON, or that {@code
   *     reader} refuses
   */
  static void read(Utf8Lines lines, Consumer<JsonNode> reader) {
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      if (!line.get().isBlank()) {
        read(line.get(), lines.place(), reader);
      }
    }
  }

  private static void read(String line, String place, Consumer<JsonNode> reader) {
    try {
      reader.accept(Json.MAPPER.readTree(line));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(place + ": not JSON: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(place + ": " + e.getMessage(), e);
    }
  }
}
