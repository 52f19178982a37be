package dev.dovetail.cli;

import java.nio.file.Path;
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

  /** Checks what can be checked without reading. */
  void check(Console console) {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(
        argument == null || file == null, "give the text as an argument or by --file, not both");
    checks.that(
        argument != null || file != null || !console.inTerminal(),
        "a text is missing: give it as an argument, by --file, or through standard input");
  }

  /** The text as it stands. */
  String read(Console console) {
    if (argument != null) {
      return argument;
    }
    return file != null ? Utf8.read(file) : Utf8.read(console.in(), "standard input");
  }

  /** The text without the end of its last line, which a file or an echo has for its own sake. */
  String readLine(Console console) {
    return argument != null ? argument : read(console).replaceFirst("\\R\\z", "");
  }
}
