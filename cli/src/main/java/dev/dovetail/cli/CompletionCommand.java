package dev.dovetail.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dovetail completion}. */
@Command(
    name = "completion",
    description = "Prints a script by which a shell completes commands and options.",
    footer = {
      "",
      "Examples:",
      "  bash: source <(dovetail completion bash)     (in ~/.bashrc)",
      "  zsh:  source <(dovetail completion zsh)      (in ~/.zshrc, after compinit)",
    })
final class CompletionCommand implements Callable<Integer> {
  /** Shells whose completion is known. */
  enum Shell {
    bash,
    zsh
  }

  private final Console console;

  @SuppressWarnings("UnusedVariable") // It is only checked: one script serves both.
  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
  private Shell shell;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    // In zsh the script turns on bash's way of completing.
    console.out().print(AutoComplete.bash("dovetail", Cli.commandLine(new String[0], console)));
    return Cli.DONE;
  }
}
