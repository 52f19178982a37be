package dev.dovetail.cli;

import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
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

  @Mixin private SamplingFlags sampling;

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
    return sampling.options(
        new OptionChecks(spec),
        defaultTemperature,
        temperature -> seed != null ? seed : temperature == 0 ? 0 : randomSeed());
  }

  /** Short enough to be typed again. */
  private static long randomSeed() {
    return new SecureRandom().nextInt(1 << 30);
  }
}
