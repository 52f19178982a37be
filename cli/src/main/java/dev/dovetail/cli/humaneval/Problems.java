package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The problems of HumanEval, which the jar of models carries. */
public final class Problems {
  /** How many there are. */
  public static final int COUNT = 164;

  private static final String RESOURCE = "/dev/dovetail/models/humaneval/HumanEval.jsonl.gz";

  private Problems() {}

  /** All, in their order. */
  public static List<Problem> all() {
    List<Problem> problems = new ArrayList<>();
    try (InputStream in = Problems.class.getResourceAsStream(RESOURCE);
        GZIPInputStream lines = new GZIPInputStream(in);
        var nodes = new ObjectMapper().readerFor(JsonNode.class).<JsonNode>readValues(lines)) {
      while (nodes.hasNext()) {
        problems.add(problem(nodes.next()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return problems;
  }

  /**
   * Some of them, spread evenly over all, in their order.
   *
   * @param count 1 to {@link #COUNT}
   */
  public static List<Problem> spread(int count) {
    List<Problem> all = all();
    List<Problem> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(all.get(i * all.size() / count));
    }
    return some;
  }

  private static Problem problem(JsonNode node) {
    return new Problem(
        node.get("task_id").asText(),
        node.get("prompt").asText(),
        node.get("entry_point").asText(),
        node.get("canonical_solution").asText(),
        node.get("test").asText());
  }
}
