package dev.dovetail.cli.humaneval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgressFileTest {
  private static final Result FIRST =
      Texts.of(
          "a",
          "auto",
          0,
          12.5,
          List.of(1, 2),
          1,
          List.of(0L, 1L),
          List.of(0L, 1L),
          List.of(0L, 1L),
          Map.of(1, 1L));
  private static final Result SECOND = Texts.of("b", "plain", 1, 10, 7, 8, 9);

  @TempDir private Path folder;
  private Path path;
  private int measured;

  @BeforeEach
  void name() {
    path = folder.resolve("report.json.partial");
  }

  @Test
  void whatWasAddedIsThereAgain() throws IOException {
    write(header(128), FIRST, SECOND);

    try (ProgressFile file = ProgressFile.open(path, header(128))) {
      assertThat(file.results()).containsExactly(FIRST, SECOND);
      file.delete();
    }
    try (var files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aLineThatWasNotWrittenWholeIsDropped() throws IOException {
    write(header(128), FIRST, SECOND);
    String whole = Files.readString(path);
    for (int cut : new int[] {1, 5, 100}) {
      Files.writeString(path, whole.substring(0, whole.length() - cut));
      try (ProgressFile file = ProgressFile.open(path, header(128))) {
        assertThat(file.results()).as("%d characters cut", cut).containsExactly(FIRST);
        file.add(SECOND);
      }
      assertThat(path).hasContent(whole);
    }
    Files.writeString(path, whole + "x".repeat(10_000));
    try (ProgressFile file = ProgressFile.open(path, header(128))) {
      assertThat(file.results()).containsExactly(FIRST, SECOND);
    }
    assertThat(path).hasContent(whole);
  }

  /** A write may end anywhere, also within a character. */
  @Test
  void aCutWithinACharacterIsNoMoreThanACut() throws IOException {
    write(header(128), FIRST, Texts.of("ü", "plain", 1, 10, 7, 8, 9));
    byte[] whole = Files.readAllBytes(path);
    int second = new String(whole, StandardCharsets.UTF_8).indexOf('ü') + 1;
    assertThat(whole[second - 1]).as("the first byte of two").isEqualTo((byte) 0xc3);
    Files.write(path, Arrays.copyOf(whole, second));

    try (ProgressFile file = ProgressFile.open(path, header(128))) {
      assertThat(file.results()).containsExactly(FIRST);
    }
  }

  @Test
  void whatIsNoTextIsNotTouched() throws IOException {
    byte[] bytes = {'a', (byte) 0xc3, '\n', 'b'};
    Files.write(path, bytes);

    assertThatThrownBy(() -> ProgressFile.open(path, header(128)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(path + " is no text in UTF-8: delete the file to begin anew");
    assertThat(path).hasBinaryContent(bytes);
  }

  @Test
  void twoRunsDoNotWriteOneFile() {
    try (ProgressFile file = ProgressFile.open(path, header(128))) {
      assertThatThrownBy(() -> ProgressFile.open(path, header(128)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(path + " is being written by another run");
      file.add(FIRST);
    }
    try (ProgressFile file = ProgressFile.open(path, header(128))) {
      assertThat(file.results()).containsExactly(FIRST);
    }
  }

  @Test
  void otherOptionsAreNamed() throws IOException {
    write(header(128), FIRST);
    String before = Files.readString(path);

    assertThatThrownBy(() -> ProgressFile.open(path, header(64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            path
                + " was begun otherwise: options.max_tokens is 128 there and 64 now; run it as it"
                + " was begun, or delete the file to begin anew");
    assertThat(path).hasContent(before);
  }

  /** Else some programs of a report were run and some were not, or otherwise. */
  @Test
  void anotherWayOfScoringIsNamed() {
    write(header(128));

    ObjectNode scored = header(128);
    scored.withObject("/options").put("scoring", "Python 3.12.4 in bubblewrap");

    assertThatThrownBy(() -> ProgressFile.open(path, scored))
        .hasMessageContaining(
            "options.scoring is null there and \"Python 3.12.4 in bubblewrap\" now");
  }

  @Test
  void anotherContextIsNamed() {
    write(header(128));

    ObjectNode shorter = header(128);
    shorter.withObject("/options").put("context", 256);

    assertThatThrownBy(() -> ProgressFile.open(path, shorter))
        .hasMessageContaining("options.context is 512 there and 256 now");
  }

  @Test
  void otherSettingsAreNamed() {
    write(header(128));

    ObjectNode more = header(128);
    more.withArray("settings").addObject().put("name", "auto");

    assertThatThrownBy(() -> ProgressFile.open(path, more))
        .hasMessageContaining("settings is a list of 1 there and a list of 2 now");
  }

  @Test
  void anotherFileIsNotTouched() throws IOException {
    write(header(128));
    Files.writeString(path, Files.readString(path) + "{\"problem\": 1, \"x\": 2}\n");

    assertThatThrownBy(() -> ProgressFile.open(path, header(128)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith(path + ", line 2: is not what a run writes (")
        .hasMessageEndingWith("): delete the file to begin anew");
  }

  private void write(ObjectNode header, Result... results) {
    try (ProgressFile file = ProgressFile.open(path, header)) {
      List.of(results).forEach(file::add);
    }
  }

  /** Each time with another limit, as limits are measured. */
  private ObjectNode header(int maxTokens) {
    return ProgressFile.header(
        new ModelFacts("tiny", "tiny.gguf", "00ff", 12, "llama", "Q8_0"),
        new RunOptions(
            "raw",
            maxTokens,
            512,
            0.7f,
            0,
            0.9f,
            0,
            1,
            1,
            1,
            4,
            null,
            List.of("-n", "" + maxTokens)),
        List.of(new SettingFacts("plain", "plain", null, null, null, null, null)),
        new Conditions(
            "cpu",
            2,
            "os",
            "25",
            "0.1",
            null,
            "panama-512",
            512,
            2,
            "f32",
            ++measured,
            2,
            null,
            null,
            0,
            3L));
  }
}
