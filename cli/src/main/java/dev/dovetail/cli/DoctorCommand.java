package dev.dovetail.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code dovetail doctor}. */
@Command(
    name = "doctor",
    description = "Says what this machine offers, and what to do where something could be better.")
final class DoctorCommand implements Callable<Integer> {
  private final Console console;

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    for (Examination.Finding finding : new Examination(console).findings()) {
      console.out().line("%-9s %s".formatted(finding.subject(), finding.found()));
      finding.advice().ifPresent(advice -> console.out().line("          -> " + advice));
    }
    return Cli.DONE;
  }
}
