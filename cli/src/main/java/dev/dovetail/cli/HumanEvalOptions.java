package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Problems;
import dev.dovetail.cli.humaneval.PromptStyle;
import dev.dovetail.cli.humaneval.RunOptions;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which texts {@code bench humaneval} decodes. */
final class HumanEvalOptions {
  private static final List<String> DEFAULT_DRAFTS =
      List.of(DraftSpelling.NONE, DraftSpelling.AUTO);

  @Option(
      names = {"-d", "--draft"},
      order = 20,
      paramLabel = "DRAFT",
      split = ",",
      description =
          "What to compare, several by commas: none (plain decoding), auto, lookup, dgf, a draft's"
              + " folder or file, lookup+FOLDER, gpu:FOLDER, cpu:FOLDER, as for run; each with a tree"
              + " behind @, as auto@4 or auto@4x2, or else as many guesses a round as pay. Default:"
              + " none,auto.")
  private List<String> drafts;

  @Option(
      names = "--prompt",
      order = 21,
      paramLabel = "STYLE",
      defaultValue = "raw",
      description =
          "raw continues a problem as it stands; chat asks for the function through the model's"
              + " chat template. Default: ${DEFAULT-VALUE}.")
  private String prompt;

  @Option(
      names = "--limit",
      order = 22,
      paramLabel = "N",
      defaultValue = "" + Problems.COUNT,
      description = "Problems, spread evenly over all of them. Default: ${DEFAULT-VALUE}, all.")
  private int limit;

  @Option(
      names = "--repeat",
      order = 23,
      paramLabel = "N",
      defaultValue = "1",
      description = "Go through the problems so often. Default: ${DEFAULT-VALUE}.")
  private int repeat;

  @Option(
      names = {"-n", "--max-tokens"},
      order = 30,
      paramLabel = "N",
      description = "Most tokens of a text. Default: 128, with --prompt chat 512.")
  private Integer maxTokens;

  @Mixin private SamplingFlags sampling;

  @Option(
      names = "--seed",
      order = 45,
      paramLabel = "N",
      description = "With the same seed the same texts come again. Default: 0.")
  private long seed;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Checks what can be checked without a model. */
  void check() {
    OptionChecks checks = new OptionChecks(spec);
    checks.that(
        limit >= 1 && limit <= Problems.COUNT,
        "--limit must be 1 to %d; found %d".formatted(Problems.COUNT, limit));
    checks.that(repeat >= 1, "--repeat must be at least 1; found " + repeat);
    checks.that(
        maxTokens == null || maxTokens >= 1, "--max-tokens must be at least 1; found " + maxTokens);
    style();
    drafts();
    sampling();
  }

  /** What is compared. */
  HumanEvalDrafts drafts() {
    return new OptionChecks(spec)
        .make(() -> HumanEvalDrafts.parse(drafts == null ? DEFAULT_DRAFTS : drafts));
  }

  /** How problems are put. */
  PromptStyle style() {
    Optional<PromptStyle> style =
        List.of(PromptStyle.values()).stream()
            .filter(known -> known.jsonName().equals(prompt))
            .findFirst();
    new OptionChecks(spec)
        .that(style.isPresent(), "--prompt must be raw or chat; found '" + prompt + "'");
    return style.orElseThrow();
  }

  /** How each text is made. */
  GenerationOptions generation() {
    return GenerationOptions.greedy().withMaxTokens(tokens()).withSampling(sampling());
  }

  /**
   * The same for a report.
   *
   * @param context of the engines
   * @param scoring how programs are run; null where they are not
   */
  RunOptions forReport(int context, String scoring, List<String> arguments) {
    SamplingOptions chosen = sampling();
    return new RunOptions(
        style().jsonName(),
        tokens(),
        context,
        chosen.temperature(),
        chosen.topK(),
        chosen.topP(),
        chosen.minP(),
        chosen.repeatPenalty(),
        seed,
        repeat,
        limit,
        scoring,
        arguments);
  }

  int limit() {
    return limit;
  }

  int repeat() {
    return repeat;
  }

  private int tokens() {
    return maxTokens == null ? style().maxTokens() : maxTokens;
  }

  private SamplingOptions sampling() {
    return sampling.options(new OptionChecks(spec), 0, _ -> seed);
  }
}
