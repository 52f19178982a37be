package dev.dovetail.cli;

import dev.dovetail.models.store.ModelStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dovetail pull}. */
@Command(
    name = "pull",
    description =
        "Brings a model into the store, checked; an interrupted pull goes on where it ended.",
    footer = {
      "",
      "The store is the folder DOVETAIL_MODELS, by default ~/.cache/dovetail/models. HF_TOKEN and",
      "HF_ENDPOINT are honoured.",
      "",
      "Examples:",
      "  dovetail pull smollm2-135m-instruct",
      "  dovetail pull hf:owner/repository/file.gguf",
    })
final class PullCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description =
          "A name that 'dovetail list' shows, hf:OWNER/REPOSITORY/FILE.gguf, or the address of a"
              + " .gguf file.")
  private String model;

  PullCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path file;
    try (PullProgress progress = new PullProgress(console)) {
      file = ModelStore.open(console.env()).pull(model, progress);
    }
    console.out().line(file.toString());
    return Cli.DONE;
  }
}
