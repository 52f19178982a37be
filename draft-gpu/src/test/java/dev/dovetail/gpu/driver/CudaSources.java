package dev.dovetail.gpu.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernels' sources, as they lie in the module's folder. */
final class CudaSources {
  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s+\"([^\"]+)\"", Pattern.MULTILINE);

  /** This module's folder, from its own tests or from those of a module beside it. */
  static final Path MODULE =
      Path.of(Files.isDirectory(Path.of("src/main/cuda")) ? "" : "../draft-gpu").toAbsolutePath();

  /** The kernels that are shipped. */
  static final Path MAIN = MODULE.resolve("src/main/cuda");

  /** The host build's own files, and kernels that test it. */
  static final Path TEST = MODULE.resolve("src/test/cuda");

  private CudaSources() {}

  /** The shipped kernels' files, in order of their names. */
  static List<Path> kernels() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(MAIN, "*.cu")) {
      found.forEach(files::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files.sort(null);
    return files;
  }

  /** A file without its ending. */
  static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.substring(0, name.lastIndexOf('.'));
  }

  /**
   * A kernel's file and the headers that it includes, directly or through others, in the order in
   * which they are first mentioned: the order of the hash that compile.py writes.
   */
  static List<Path> withHeaders(Path kernels) {
    List<Path> files = new ArrayList<>(List.of(kernels));
    for (int i = 0; i < files.size(); i++) {
      Matcher include = INCLUDE.matcher(text(files.get(i)));
      while (include.find()) {
        Path header = MAIN.resolve(include.group(1));
        if (!files.contains(header)) {
          files.add(header);
        }
      }
    }
    return files;
  }

  /** The SHA-256 of the files' bytes, one after another. */
  static String hash(List<Path> files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        digest.update(Files.readAllBytes(file));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
