package dev.dovetail.cli;

import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** How tokens are chosen, but for the seed. */
final class SamplingFlags {
  @Option(
      names = "--temp",
      order = 40,
      paramLabel = "T",
      description =
          "Temperature; 0 always takes the likeliest token. Default: 0; of 'dovetail chat' 0.7.")
  private Float temperature;

  @Option(
      names = "--top-k",
      order = 41,
      paramLabel = "K",
      description = "Choose among the K likeliest tokens; 0: among all, the default.")
  private int topK;

  @Option(
      names = "--top-p",
      order = 42,
      paramLabel = "P",
      description =
          "Choose among the likeliest tokens that together have this probability; 1: off, the"
              + " default.")
  private float topP = 1;

  @Option(
      names = "--min-p",
      order = 43,
      paramLabel = "P",
      description =
          "Choose among tokens at least P times as likely as the likeliest; 0: off, the default.")
  private float minP;

  @Option(
      names = "--repeat-penalty",
      order = 44,
      paramLabel = "X",
      description =
          "Make tokens among the last 64 less likely by this factor; 1: off, the default.")
  private float repeatPenalty = 1;

  /** The options, checked. The seed may depend on the temperature that holds. */
  SamplingOptions options(
      OptionChecks checks, float defaultTemperature, Function<Float, Long> seed) {
    float chosen = temperature == null ? defaultTemperature : temperature;
    return checks.make(() ->
        new SamplingOptions(
            chosen,
            topK,
            topP,
            minP,
            repeatPenalty,
            SamplingOptions.DEFAULT_REPEAT_WINDOW,
            seed.apply(chosen)));
  }
}
