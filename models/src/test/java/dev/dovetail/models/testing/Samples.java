package dev.dovetail.models.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The files of {@code dev/dovetail/models/samples} among the test resources, made by other
 * programs.
 */
public final class Samples {
  private Samples() {}

  public static byte[] bytes(String name) throws IOException {
    try (InputStream in =
        Samples.class.getResourceAsStream("/dev/dovetail/models/samples/" + name)) {
      if (in == null) {
        throw new IllegalArgumentException("no sample named " + name);
      }
      return in.readAllBytes();
    }
  }

  /** A copy in a folder. */
  public static Path copy(String name, Path folder) throws IOException {
    return Files.write(folder.resolve(name), bytes(name));
  }
}
