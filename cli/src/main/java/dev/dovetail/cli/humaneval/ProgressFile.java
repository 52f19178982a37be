package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private final FileChannel file;

  private ProgressFile(Path path, List<Result> results, FileChannel file) {
    this.path = path;
    this.results = results;
    this.file = file;
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
   * Opens a file, or begins it where there is none, and keeps others from writing it until it is
   * closed. A last line that was not written whole is dropped.
   *
   * @throws IllegalArgumentException if it was begun with another header, or another run has it
   *     open
   * @throws IllegalStateException if it is no such file
   */
  public static ProgressFile open(Path path, ObjectNode header) {
    FileChannel file = null;
    try {
      file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock(path, file);
      byte[] bytes = Channels.newInputStream(file).readAllBytes();
      // What stands behind the last end of line was not written whole.
      int whole = bytes.length;
      while (whole > 0 && bytes[whole - 1] != '\n') {
        whole--;
      }
      List<Result> results =
          whole == 0 ? List.of() : read(path, ByteBuffer.wrap(bytes, 0, whole), header);
      file.truncate(whole).position(whole);
      ProgressFile progress = new ProgressFile(path, results, file);
      if (whole == 0) {
        progress.write(header.toString());
      }
      return progress;
    } catch (IOException | RuntimeException e) {
      try (FileChannel _ = file) {
        throw e;
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }

  private static void lock(Path path, FileChannel file) throws IOException {
    try {
      if (file.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // It is this process that has it.
    }
    throw new IllegalArgumentException(path + " is being written by another run");
  }

  private static List<Result> read(Path path, ByteBuffer bytes, ObjectNode header)
      throws IOException {
    List<String> lines;
    try {
      lines = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString().lines().toList();
    } catch (CharacterCodingException e) {
      throw new IllegalStateException(
          path + " is no text in UTF-8: delete the file to begin anew", e);
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

  /** Results that were there when it was opened. */
  public List<Result> results() {
    return List.copyOf(results);
  }

  /** Adds a result, which is in the file when this returns. */
  public void add(Result result) {
    try {
      write(ReportJson.MAPPER.writeValueAsString(result));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  /** Deletes the file, as its results stand in a report. */
  public void delete() {
    try {
      file.close();
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
