package dev.dovetail.cli;

import dev.dovetail.models.TensorFile;
import dev.dovetail.models.load.TensorFiles;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail inspect}. */
@Command(
    name = "inspect",
    description = "Shows what a file of weights holds: metadata, tensors, totals for each type.",
    footer = {
      "",
      "It reads GGUF files, safetensors files and PyTorch checkpoints, whatever they are called."
    })
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "FILE", description = "The file.")
  private Path file;

  @Option(names = "--json", description = "Print one JSON object, with whole arrays.")
  private boolean json;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (TensorFile opened = TensorFiles.open(file)) {
      Inspection inspection = new Inspection(opened);
      console.out().print(json ? inspection.json() + "\n" : inspection.text());
    }
    return Cli.DONE;
  }
}
