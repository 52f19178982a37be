package dev.dovetail.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dovetail selftest}: a group of commands. */
@Command(
    name = "selftest",
    description = "Checks that this machine computes what it should.",
    commandListHeading = "%nCommands:%n")
final class SelfTestCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say what to test: gpu");
  }
}
