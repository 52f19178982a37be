package dev.dovetail.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What an earlier run has left in the files of {@link BatchOutput}.
 *
 * @param ids of complete texts
 * @param textBytes of complete lines
 * @param rows of features that complete lines name
 */
record BatchResume(Set<String> ids, long textBytes, long rows) {
  /** What every line begins with. */
  private static final String BEGIN = "{\"id\":";

  /**
   * Reads the texts that are there.
   *
   * @throws IllegalArgumentException if the files were not written by such a run, with features or
   *     without as is asked for now
   */
  static BatchResume of(Path texts, Optional<Path> features, int width) {
    BatchResume found = new BatchResume(Set.of(), 0, 0);
    try {
      if (Files.exists(texts)) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(texts))) {
          found = read(in, texts, features.isPresent());
        }
      }
      if (features.isPresent()) {
        checkRows(found, texts, features.get(), width);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static void checkRows(BatchResume found, Path texts, Path features, int width)
      throws IOException {
    long bytes = Files.exists(features) ? Files.size(features) : 0;
    if (bytes > 0 && !Files.exists(texts)) {
      throw new IllegalArgumentException(
          "%s exists already, and there is no %s that says what is in it: choose another file or delete it"
              .formatted(features, texts));
    }
    if (bytes < found.rows * width * Short.BYTES) {
      throw new IllegalArgumentException(
          "%s has %d bytes, and the lines of %s name %d rows of %d: give the file that was written with them"
              .formatted(features, bytes, texts, found.rows, width * Short.BYTES));
    }
  }

  private static BatchResume read(InputStream in, Path path, boolean features) throws IOException {
    Set<String> ids = new HashSet<>();
    long bytes = 0;
    long rows = 0;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b != '\n') {
        line.write(b);
        continue;
      }
      String place = "%s, line %d".formatted(path, ids.size() + 1);
      JsonNode json = parse(line.toByteArray(), place);
      check(
          json.path("id").isTextual()
              && json.path("token_ids").isArray()
              && ids.add(json.get("id").textValue()),
          place + ": no line that a batch has written; name another file by --out");
      check(
          json.has("feature_row") == features,
          place
              + (features
                  ? ": was written without features; leave out --features, or name other files"
                  : ": was written with features; give their file by --features"));
      rows = Math.max(rows, json.path("feature_row").asLong() + json.path("feature_rows").asLong());
      bytes += line.size() + 1;
      line.reset();
    }
    String rest = line.toString(StandardCharsets.UTF_8);
    check(
        rest.startsWith(BEGIN) || BEGIN.startsWith(rest),
        path + " ends with what no batch has written; name another file by --out");
    return new BatchResume(ids, bytes, rows);
  }

  private static JsonNode parse(byte[] line, String place) throws IOException {
    try {
      return Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          place + ": no line that a batch has written; name another file by --out", e);
    }
  }

  private static void check(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }
}
