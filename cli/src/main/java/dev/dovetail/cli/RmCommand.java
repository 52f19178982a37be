package dev.dovetail.cli;

import dev.dovetail.models.store.ModelStore;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dovetail rm}. */
@Command(name = "rm", description = "Deletes models from the store.")
final class RmCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description = "A name that 'dovetail list' shows, or the name of a file in the store.")
  private List<String> models;

  RmCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    ModelStore store = ModelStore.open(console.env());
    for (String model : models) {
      store.remove(model);
      console.out().line("removed " + model);
    }
    return Cli.DONE;
  }
}
