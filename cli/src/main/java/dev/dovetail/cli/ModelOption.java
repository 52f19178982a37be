package dev.dovetail.cli;

import java.util.Optional;
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
  private String model;

  String name() {
    return given().orElse(ModelLocator.DEFAULT);
  }

  /** Empty where the default was left to be. */
  Optional<String> given() {
    return Optional.ofNullable(model);
  }
}
