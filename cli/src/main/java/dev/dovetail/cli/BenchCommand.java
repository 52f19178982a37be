package dev.dovetail.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dovetail bench}: a group of commands. */
@Command(
    name = "bench",
    description = "Measures this machine with a model.",
    commandListHeading = "%nCommands:%n")
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to measure: cost, humaneval");
  }
}
