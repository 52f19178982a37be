package dev.dovetail.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A text from the command line, a file or standard input. */
final class PromptSource {
  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The text; without it and --file, standard input is read (UTF-8).")
  private String argument;

  @Option(
      names = "--file",
      order = 5,
      paramLabel = "FILE",
      description = "Read the text from a file (UTF-8).")
  private Path file;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /**
   * Checks what can be checked without reading.
   *
   * @param lines whether lines are wanted, which no argument can give
   */
  void check(Console console, boolean lines) {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(
        argument == null || file == null, "give the text as an argument or by --file, not both");
    checks.that(
        argument == null || !lines, "--jsonl reads --file or standard input, not an argument");
    checks.that(
        argument != null || file != null || !console.inTerminal() || lines,
        "a text is missing: give it as an argument, by --file, or through standard input");
  }

  /** The text as it stands. */
  String read(Console console) {
    if (argument != null) {
      return argument;
    }
    return file != null ? Utf8.read(readable()) : Utf8.read(console.in(), "standard input");
  }

  /** The text without the end of its last line, which a file or an echo has for its own sake. */
  String readLine(Console console) {
    return argument != null ? argument : read(console).replaceFirst("\\R\\z", "");
  }

  /** Reads the file or standard input line by line. */
  void withLines(Console console, Consumer<Utf8Lines> reader) {
    if (file == null) {
      reader.accept(new Utf8Lines(console.in(), "standard input"));
      return;
    }
    try (InputStream in = Files.newInputStream(readable())) {
      reader.accept(new Utf8Lines(in, file.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file, which is no folder: what reading one says would not name it. */
  private Path readable() {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " is a folder, wanted a file of text");
    }
    return file;
  }
}
