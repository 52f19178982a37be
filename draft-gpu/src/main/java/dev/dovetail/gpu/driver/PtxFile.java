package dev.dovetail.gpu.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Compiled kernels, as they are shipped: one resource for each {@code .cu}. */
final class PtxFile {
  private static final String FOLDER = "/dev/dovetail/gpu/";

  private PtxFile() {}

  /**
   * The text of a file.
   *
   * @param file the name of its {@code .cu}, without ending
   * @throws IllegalArgumentException if there is none of that name
   */
  static byte[] read(String file) {
    String resource = FOLDER + file + ".ptx";
    try (InputStream in = PtxFile.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "no compiled kernel " + resource + " on the class path: is " + file + ".cu compiled?");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + resource, e);
    }
  }
}
