package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.cli.humaneval.Report;
import dev.dovetail.cli.humaneval.page.HtmlReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where the report of {@code bench humaneval} goes. */
final class HumanEvalOutput {
  private static final String STDOUT = "-";

  @Option(
      names = "--json",
      order = 61,
      paramLabel = "FILE",
      arity = "0..1",
      fallbackValue = STDOUT,
      description =
          "Write the report as JSON to a file, or, without one, to standard output instead of the"
              + " table.")
  private String json;

  @Option(
      names = "--html",
      order = 62,
      paramLabel = "FILE",
      description = "Write the report as a page with charts, in one file.")
  private String html;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  void check() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(json == null || !json.isEmpty(), "--json names no file; - is standard output");
    checks.that(html == null || !html.isEmpty(), "--html names no file");
  }

  /** Where progress is kept: beside the first file that the report goes to, if there is one. */
  Optional<Path> progress() {
    return Stream.of(jsonFile(), Optional.ofNullable(html))
        .flatMap(Optional::stream)
        .findFirst()
        .map(file -> Path.of(file + ".partial"));
  }

  private Optional<String> jsonFile() {
    return Optional.ofNullable(json).filter(file -> !file.equals(STDOUT));
  }

  void write(Report report, Console console) {
    ObjectNode node = report.json();
    try {
      if (jsonFile().isPresent()) {
        WholeFile.write(Path.of(json), node.toPrettyString() + "\n");
      }
      if (html != null) {
        WholeFile.write(Path.of(html), HtmlReport.render(node));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the report cannot be written: " + e.getMessage(), e);
    }
    if (STDOUT.equals(json)) {
      console.out().line(node.toString());
    } else {
      HumanEvalTable.lines(report).forEach(console.out()::line);
    }
  }
}
