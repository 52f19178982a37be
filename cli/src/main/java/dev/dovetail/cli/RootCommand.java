package dev.dovetail.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dovetail} without a command. */
@Command(
    name = "dovetail",
    versionProvider = Version.class,
    description =
        "Runs language models on an ordinary PC: a small draft guesses, the full model checks.",
    synopsisSubcommandLabel = "COMMAND",
    descriptionHeading = "%n",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "dovetail COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 wrong usage, 130"
          + " interrupted.",
    })
final class RootCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
