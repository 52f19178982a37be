package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a run has done so far, in a file that a later run with the same options goes on from: a line
 * of JSON that says what must match, then a line for each result. For one thread.
 */
public final class ProgressFile implements AutoCloseable {
  private final Path path;
  private final List<Result> results;
  private final BufferedWriter out;

  private ProgressFile(Path path, List<Result> results, BufferedWriter out) {
    this.path = path;
    this.results = results;
    this.out = out;
  }

  /**
   * What must match for results of two runs to stand in one report: the model, the options but for
   * the command line, the settings, and what they ran on.
   */
  public static ObjectNode header(
      ModelFacts model, RunOptions options, List<SettingFacts> settings, Conditions conditions) {
    ObjectNode header = ReportJson.MAPPER.createObjectNode();
    header.put("format", "dovetail-humaneval-partial-1");
    header.put("model", model.sha256());
    ObjectNode asked = ReportJson.MAPPER.valueToTree(options);
    header.set("options", asked.without("arguments"));
    header.set("settings", ReportJson.MAPPER.valueToTree(settings));
    ObjectNode on = ReportJson.MAPPER.valueToTree(conditions);
    // Limits are measured anew each time.
    header.set("conditions", on.without(List.of("read_gb_per_s", "fma_gmac_per_s")));
    return header;
  }

  /**
   * Opens a file, or begins it where there is none. A last line that was not written whole is
   * dropped.
   *
   * @throws IllegalArgumentException if it was begun with another header
   * @throws IllegalStateException if it is no such file
   */
  public static ProgressFile open(Path path, ObjectNode header) {
    try {
      List<Result> results = Files.exists(path) ? read(path, header) : List.of();
      begin(path, header, results);
      return new ProgressFile(
          path, results, Files.newBufferedWriter(path, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Result> read(Path path, ObjectNode header) throws IOException {
    String text = Files.readString(path);
    // What stands behind the last end of line was not written whole.
    List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    if (lines.isEmpty()) {
      return List.of();
    }
    List<Result> results = new ArrayList<>();
    int number = 1;
    try {
      check(path, ReportJson.MAPPER.readTree(lines.getFirst()), header);
      for (String line : lines.subList(1, lines.size())) {
        number++;
        results.add(ReportJson.MAPPER.readValue(line, Result.class));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "%s, line %d: is not what a run writes (%s): delete the file to begin anew"
              .formatted(path, number, e.getOriginalMessage()),
          e);
    }
    return results;
  }

  private static void check(Path path, JsonNode found, ObjectNode header) throws IOException {
    // Read again, so that numbers are of the same kinds.
    JsonNode wanted = ReportJson.MAPPER.readTree(header.toString());
    List<String> differences = new ArrayList<>();
    compare("", found, wanted, differences);
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "%s was begun otherwise: %s; run it as it was begun, or delete the file to begin anew"
              .formatted(path, String.join("; ", differences)));
    }
  }

  private static void compare(
      String place, JsonNode found, JsonNode wanted, List<String> differences) {
    if (found.isContainerNode()
        && found.getNodeType() == wanted.getNodeType()
        && (found.isObject() || found.size() == wanted.size())) {
      if (found.isArray()) {
        for (int i = 0; i < found.size(); i++) {
          compare(place + "[" + i + "]", found.get(i), wanted.get(i), differences);
        }
      } else {
        Set<String> names = new TreeSet<>();
        found.fieldNames().forEachRemaining(names::add);
        wanted.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
          String child = place.isEmpty() ? name : place + "." + name;
          compare(child, found.path(name), wanted.path(name), differences);
        }
      }
    } else if (!found.equals(wanted)) {
      differences.add("%s is %s there and %s now".formatted(place, shown(found), shown(wanted)));
    }
  }

  private static String shown(JsonNode node) {
    return node.isArray()
        ? "a list of " + node.size()
        : node.isMissingNode() ? "missing" : node.toString();
  }

  /** Writes the file anew, whole or not at all. */
  private static void begin(Path path, ObjectNode header, List<Result> results) throws IOException {
    Path part = path.resolveSibling(path.getFileName() + ".part");
    try {
      try (BufferedWriter writer = Files.newBufferedWriter(part)) {
        writer.write(header + "\n");
        for (Result result : results) {
          writer.write(line(result));
        }
      }
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String line(Result result) throws JsonProcessingException {
    return ReportJson.MAPPER.writeValueAsString(result) + "\n";
  }

  /** Results that were there when it was opened. */
  public List<Result> results() {
    return List.copyOf(results);
  }

  /** Adds a result, which is in the file when this returns. */
  public void add(Result result) {
    try {
      out.write(line(result));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes the file, as its results stand in a report. */
  public void delete() {
    try {
      out.close();
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
