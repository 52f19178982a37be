package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArgumentsTest {
  @TempDir private Path folder;

  @Test
  void lostCharactersAreReadAgain() throws IOException {
    Path commandLine =
        write("java\0-cp\0x.jar\0Main\0run\0caf\u00e9 \u65e5\0\0".getBytes(StandardCharsets.UTF_8));

    assertThat(Arguments.repaired(new String[] {"run", "caf\ufffd\ufffd", ""}, commandLine))
        .containsExactly("run", "caf\u00e9 \u65e5", "");
  }

  @Test
  void argumentsThatJavaUnderstoodStay() throws IOException {
    Path commandLine = write("java\0Main\0other\0".getBytes(StandardCharsets.UTF_8));

    assertThat(Arguments.repaired(new String[] {"caf\u00e9"}, commandLine))
        .containsExactly("caf\u00e9");
  }

  @Test
  void whatIsNotUtf8OrNotThereStays() throws IOException {
    Path latin = write("java\0caf\u00e9\0".getBytes(StandardCharsets.ISO_8859_1));

    assertThat(Arguments.repaired(new String[] {"caf\ufffd"}, latin)).containsExactly("caf\ufffd");
    assertThat(Arguments.repaired(new String[] {"caf\ufffd"}, folder.resolve("none")))
        .containsExactly("caf\ufffd");
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("cmdline"), bytes);
  }
}
