package dev.dovetail.cli;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail convert}. */
@Command(
    name = "convert",
    description = "Writes a model anew with its weight matrices in another type.",
    footer = {
      "",
      "Vectors and metadata stay as they are. Weights are rounded as llama.cpp's gguf package does;",
      "what an earlier quantisation lost does not come back. Split files become one.",
      "",
      "Example:",
      "  dovetail convert model.f16.gguf model.q8_0.gguf --type q8_0",
    })
final class ConvertCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "IN",
      description = "A GGUF file, or the first of split ones.")
  private Path in;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The file to write; it must not exist yet.")
  private Path out;

  @Option(
      names = "--type",
      required = true,
      paramLabel = "TYPE",
      description =
          "f32, f16, q8_0 or q4_0. Where one of the last two is asked for, a matrix whose rows are"
              + " no multiple of 32 weights becomes F16.")
  private Conversion.Target type;

  ConvertCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    try (GgufFile source = GgufFile.open(in)) {
      Conversion conversion = new Conversion(source, type);
      for (Tensor tensor : conversion.unfit()) {
        console
            .err()
            .line(
                "dovetail: %s becomes F16: its rows of %d weights are no multiple of 32"
                    .formatted(Printable.of(tensor.name()), tensor.cols()));
      }
      try (ByteProgress progress = new ByteProgress(console, "converting")) {
        conversion.write(out, progress);
      }
      String types =
          conversion.types().entrySet().stream()
              .map(entry -> "%d %s".formatted(entry.getValue(), entry.getKey()))
              .collect(Collectors.joining(", "));
      console.out().line("%s: %s, tensors: %s".formatted(out, Units.bytes(Files.size(out)), types));
    }
    return Cli.DONE;
  }
}
