package dev.dovetail.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How much of a GPU's memory may be used. */
final class VramOption {
  private static final String AUTO = "auto";

  @Option(
      names = "--vram",
      order = 26,
      paramLabel = "SIZE",
      description =
          "GPU memory to use: 3GiB, 3GB, 3072MiB, or auto, what the card has free. Default: auto.")
  private String size = AUTO;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** As it was given, {@code auto} for what is free. */
  String size() {
    return size;
  }

  /** Bytes, 0 for what is free. */
  long bytes() {
    return size.equals(AUTO) ? 0 : new OptionChecks(spec).make(() -> MemorySize.parse(size));
  }

  /** Checks what can be checked without a model. */
  void check() {
    bytes();
  }
}
