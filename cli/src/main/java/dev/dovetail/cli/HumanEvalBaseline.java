package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Baseline;
import dev.dovetail.cli.humaneval.LlamaCppBaseline;
import dev.dovetail.engine.Engine;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Another program that {@code bench humaneval} compares with. */
final class HumanEvalBaseline {
  private static final String LLAMA_CPP = "llama.cpp=";

  @Option(
      names = "--baseline",
      order = 24,
      paramLabel = "PROGRAM",
      description =
          "Compare with llama.cpp=FILE too, its llama-server, which is started with the same"
              + " model, threads and GPU layers, or with one that runs, llama.cpp=http://HOST:PORT.")
  private String baseline;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Checks what can be checked without a model. */
  void check() {
    if (baseline != null) {
      OptionChecks checks = new OptionChecks(spec);
      checks.that(
          baseline.startsWith(LLAMA_CPP),
          "--baseline must be llama.cpp=FILE or llama.cpp=http://HOST:PORT; found '%s'"
              .formatted(baseline));
      checks.make(() -> {
        LlamaCppBaseline.check(where());
        return baseline;
      });
    }
  }

  /**
   * Starts it, if one is asked for.
   *
   * @param engine whose threads and placement it gets
   * @param context room for this many tokens
   */
  Optional<Baseline> open(Path model, Engine engine, int context) {
    return Optional.ofNullable(baseline)
        .map(any ->
            LlamaCppBaseline.open(
                where(), model, context, engine.device().threads(), engine.gpuLayers()));
  }

  private String where() {
    return baseline.substring(LLAMA_CPP.length());
  }
}
