package dev.dovetail.cli;

import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How tokens are chosen, and where a text ends. */
final class GenerationFlags {
  @Option(
      names = {"-n", "--max-tokens"},
      order = 30,
      paramLabel = "N",
      defaultValue = "1024",
      description = "Most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = "--stop",
      order = 31,
      paramLabel = "TEXT",
      description = "End the answer before this text; may be given several times.")
  private List<String> stops = new ArrayList<>();

  @Option(
      names = "--temp",
      order = 40,
      paramLabel = "T",
      description = "Temperature; 0 always takes the likeliest token. Default: 0; for chat 0.7.")
  private Float givenTemperature;

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

  @Option(
      names = "--seed",
      order = 45,
      paramLabel = "N",
      description =
          "With the same seed the same text comes again. Default: a random one where --temp is"
              + " above 0.")
  private Long seed;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** The options, checked; a seed that is needed and was not given is drawn. */
  GenerationOptions options(float defaultTemperature) {
    return GenerationOptions.greedy()
        .withMaxTokens(maxTokens(1))
        .withStops(stops())
        .withSampling(sampling(defaultTemperature));
  }

  /** Most tokens, checked to be no fewer than {@code least}. */
  int maxTokens(int least) {
    new OptionChecks(spec)
        .that(
            maxTokens >= least,
            "--max-tokens must be at least %d; found %d".formatted(least, maxTokens));
    return maxTokens;
  }

  /** The stop strings, checked. */
  List<String> stops() {
    new OptionChecks(spec).that(!stops.contains(""), "--stop is empty; it would end every text");
    return List.copyOf(stops);
  }

  /** How tokens are chosen, checked; a seed that is needed and was not given is drawn. */
  SamplingOptions sampling(float defaultTemperature) {
    float temperature = givenTemperature == null ? defaultTemperature : givenTemperature;
    long chosen = seed != null ? seed : temperature == 0 ? 0 : randomSeed();
    return new OptionChecks(spec)
        .make(() ->
            new SamplingOptions(
                temperature,
                topK,
                topP,
                minP,
                repeatPenalty,
                SamplingOptions.DEFAULT_REPEAT_WINDOW,
                chosen));
  }

  /** Short enough to be typed again. */
  private static long randomSeed() {
    return new SecureRandom().nextInt(1 << 30);
  }
}
