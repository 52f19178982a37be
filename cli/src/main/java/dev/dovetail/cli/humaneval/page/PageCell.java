package dev.dovetail.cli.humaneval.page;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a setting came to on a problem, each rate the median of its repeats.
 *
 * @param rate tokens a second in decoding
 * @param gain rate by plain's; empty without plain
 * @param differs some repeat's tokens are not those of plain's same repeat
 * @param passed repeats whose text passed the problem's tests
 * @param scored repeats whose text was tested
 */
record PageCell(
    OptionalDouble rate,
    OptionalDouble gain,
    OptionalDouble tau,
    boolean differs,
    int passed,
    int scored) {
  static final PageCell NONE =
      new PageCell(
          OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), false, 0, 0);

  /**
   * @param plain results of plain decoding on the same problem; null if there are none
   */
  static PageCell of(List<JsonNode> repeats, List<JsonNode> plain) {
    OptionalDouble rate = median(repeats, "decode_tok_per_s");
    OptionalDouble reference =
        plain == null ? OptionalDouble.empty() : median(plain, "decode_tok_per_s");
    OptionalDouble gain =
        rate.isPresent() && reference.orElse(0) > 0
            ? OptionalDouble.of(rate.getAsDouble() / reference.getAsDouble())
            : OptionalDouble.empty();
    int passed = 0;
    int scored = 0;
    for (JsonNode repeat : repeats) {
      passed += repeat.path("passed").asBoolean() ? 1 : 0;
      scored += repeat.path("passed").isBoolean() ? 1 : 0;
    }
    return new PageCell(
        rate,
        gain,
        median(repeats, "tau"),
        plain != null && differs(repeats, plain),
        passed,
        scored);
  }

  /** The median of a field's positive values: 0 stands for a text with nothing to measure. */
  private static OptionalDouble median(List<JsonNode> repeats, String field) {
    double[] sorted =
        repeats.stream()
            .map(repeat -> Figures.at(repeat, field))
            .flatMapToDouble(OptionalDouble::stream)
            .filter(value -> value > 0)
            .sorted()
            .toArray();
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
  }

  private static boolean differs(List<JsonNode> repeats, List<JsonNode> plain) {
    for (JsonNode repeat : repeats) {
      for (JsonNode other : plain) {
        JsonNode ids = repeat.path("token_ids");
        JsonNode otherIds = other.path("token_ids");
        if (repeat.path("repeat").equals(other.path("repeat"))
            && ids.isArray()
            && otherIds.isArray()
            && !ids.equals(otherIds)) {
          return true;
        }
      }
    }
    return false;
  }
}
