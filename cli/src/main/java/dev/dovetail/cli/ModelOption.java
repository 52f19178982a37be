package dev.dovetail.cli;

import picocli.CommandLine.Option;

/** Which model. */
final class ModelOption {
  @Option(
      names = {"-m", "--model"},
      order = 10,
      paramLabel = "MODEL",
      completionCandidates = ModelNames.class,
      description =
          "A GGUF file (the first of split ones), or a name that 'dovetail list' shows. Default: "
              + ModelLocator.DEFAULT
              + ", pulled at first use.")
  private String model = ModelLocator.DEFAULT;

  String name() {
    return model;
  }
}
