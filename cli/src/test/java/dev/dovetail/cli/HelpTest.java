package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "chat",
        "pull",
        "list",
        "rm",
        "inspect",
        "convert",
        "tokenize",
        "score",
        "bench",
        "bench cost",
        "bench humaneval",
        "plan",
        "doctor",
        "selftest",
        "selftest gpu",
        "completion"
      })
  void eachCommandExplainsItself(String command) throws IOException {
    CliRunner.Result result = new CliRunner().run((command + " --help").split(" "));

    assertThat(result.out()).isEqualTo(resource(command.replace(' ', '-') + ".txt"));
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void theProgramListsItsCommands() throws IOException {
    CliRunner.Result result = new CliRunner().run("--help");

    assertThat(result.out()).isEqualTo(resource("dovetail.txt"));
    assertThat(result.code()).isZero();
  }

  @Test
  void theVersionNamesTheRuntime() {
    CliRunner.Result result = new CliRunner().run("--version");

    assertThat(result.out()).startsWith("dovetail ").contains("Java " + Runtime.version());
    assertThat(result.code()).isZero();
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HelpTest.class.getResourceAsStream("help/" + name)) {
      assertThat(in).as("resource help/" + name).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
