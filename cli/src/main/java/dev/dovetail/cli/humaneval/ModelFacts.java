package dev.dovetail.cli.humaneval;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.gguf.GgufFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The model in the report.
 *
 * @param sha256 of the file, the first of split ones
 * @param bytes of the file, the first of split ones
 * @param types of its tensors, those that take most of it first
 */
public record ModelFacts(
    String name, String file, String sha256, long bytes, String architecture, String types) {
  /** Reads them. */
  public static ModelFacts of(String name, Path path) {
    try (GgufFile file = GgufFile.open(path)) {
      return new ModelFacts(
          name,
          path.getFileName().toString(),
          sha256(path),
          Files.size(path),
          file.modelConfig().architecture(),
          types(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String types(GgufFile file) {
    Map<String, Long> bytes =
        file.tensors().stream()
            .collect(
                Collectors.groupingBy(
                    (Tensor tensor) -> tensor.type().toString(),
                    Collectors.summingLong(tensor -> tensor.data().byteSize())));
    return bytes.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .map(Map.Entry::getKey)
        .collect(Collectors.joining(", "));
  }

  static String sha256(Path path) throws IOException {
    try (InputStream bytes = Files.newInputStream(path)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      bytes.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
