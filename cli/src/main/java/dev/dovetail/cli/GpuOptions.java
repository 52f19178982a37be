package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What of the model a GPU runs. */
final class GpuOptions {
  private static final String AUTO = "auto";

  @Option(
      names = "--gpu-layers",
      order = 25,
      paramLabel = "N",
      description =
          "Run the model's first N layers on the GPU, or auto, as many as its memory holds beside"
              + " the draft. Texts of different N may differ. Default: auto.")
  private String layers = AUTO;

  @Mixin private VramOption vram;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  void applyTo(Dovetail.Builder builder, Console console) {
    builder.onWarning(warning -> console.err().line("dovetail: " + warning));
    builder.vram(vram.bytes());
    layers().ifPresent(builder::gpuLayers);
  }

  /** Checks what can be checked without a model. */
  void check() {
    vram.check();
    layers();
  }

  private OptionalInt layers() {
    if (layers.equals(AUTO)) {
      return OptionalInt.empty();
    }
    new OptionChecks(spec)
        .that(
            layers.matches("\\d{1,6}"),
            "--gpu-layers must be auto, or 0 or more; found '" + layers + "'");
    return OptionalInt.of(Integer.parseInt(layers));
  }
}
