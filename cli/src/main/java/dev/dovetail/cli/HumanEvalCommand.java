package dev.dovetail.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.cli.humaneval.Baseline;
import dev.dovetail.cli.humaneval.Bench;
import dev.dovetail.cli.humaneval.Conditions;
import dev.dovetail.cli.humaneval.Identity;
import dev.dovetail.cli.humaneval.ModelFacts;
import dev.dovetail.cli.humaneval.PassCost;
import dev.dovetail.cli.humaneval.Problem;
import dev.dovetail.cli.humaneval.Problems;
import dev.dovetail.cli.humaneval.ProgressFile;
import dev.dovetail.cli.humaneval.PythonSandbox;
import dev.dovetail.cli.humaneval.Report;
import dev.dovetail.cli.humaneval.Result;
import dev.dovetail.cli.humaneval.RunOptions;
import dev.dovetail.cli.humaneval.Setting;
import dev.dovetail.cli.humaneval.SettingFacts;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.cost.CostMeter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dovetail bench humaneval}. */
@Command(
    name = "humaneval",
    description =
        "Measures decoding on the problems of HumanEval, with and without a draft, and checks that"
            + " the texts are the same.",
    footer = {
      "",
      "Settings take turns at each problem, each from an empty context. Gains are by problem, against"
          + " none.",
      "A text that differs from plain decoding's is an error (exit code 1), shown when all is"
          + " measured.",
      "Ctrl-C drops the text in progress and reports what is done (exit code 130); a second one ends"
          + " the",
      "program. What is done is kept in FILE.partial of --json or --html, and the same command goes on"
          + " from there.",
      "",
      "Examples:",
      "  dovetail bench humaneval --limit 20",
      "  dovetail bench humaneval --draft none,auto,auto@4x2 --json report.json --html report.html",
      "  dovetail bench humaneval -m qwen2.5-coder-1.5b-instruct --draft none,draft/ --prompt chat",
      "  dovetail bench humaneval --score --baseline llama.cpp=llama.cpp/build/bin/llama-server",
    })
final class HumanEvalCommand implements Callable<Integer> {
  private static final List<Integer> COST_SIZES = List.of(1, 2, 3, 4, 5, 6, 8, 12, 16);
  private static final int COST_PREFIX = 128;

  private final Console console;

  @Mixin private ModelOption model;
  @Mixin private HumanEvalOptions options;
  @Mixin private HumanEvalBaseline baseline;
  @Mixin private HumanEvalScoring scoring;
  @Mixin private GpuOptions gpu;
  @Mixin private EngineOptions engine;

  @Option(
      names = "--no-cost",
      order = 60,
      description = "Leave out T(n), the time of a pass over n tokens, which takes 15 s or more.")
  private boolean noCost;

  @Mixin private HumanEvalOutput output;
  @Spec private CommandSpec spec;

  HumanEvalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    options.check();
    baseline.check();
    gpu.check();
    engine.check();
    output.check();
    Optional<PythonSandbox> sandbox = scoring.sandbox(console);
    ModelLocator locator = new ModelLocator(console);
    try (HumanEvalDrafts.Opened opened = options.drafts().open(() -> builder(locator))) {
      Path file = locator.locate(model.name());
      int longest = longestPrompt(opened.any());
      try (Baseline other =
          baseline.open(file, opened.any(), room(longest, opened.any())).orElse(null)) {
        List<Setting> settings = new ArrayList<>(opened.settings());
        if (other != null) {
          settings.add(new Setting.External(other));
        }
        return measure(opened, settings, sandbox, ModelFacts.of(modelName(), file));
      }
    }
  }

  /** Its tokens; refused where they leave no room in the context, before anything is measured. */
  private int longestPrompt(Engine engine) {
    int longest = 0;
    for (Problem problem : Problems.spread(options.limit())) {
      int tokens = options.style().ids(engine, problem).length;
      if (tokens >= engine.context()) {
        throw new IllegalStateException(
            "%s has %d tokens, and the context holds %d: choose a larger one by --ctx, or a model that has it"
                .formatted(problem.id(), tokens, engine.context()));
      }
      longest = Math.max(longest, tokens);
    }
    return longest;
  }

  /** Tokens of the longest prompt and its text. */
  private int room(int longest, Engine engine) {
    return Math.min(engine.context(), longest + options.generation().maxTokens() + 1);
  }

  private Dovetail.Builder builder(ModelLocator locator) {
    Dovetail.Builder builder = engine.open(model.name(), locator);
    gpu.applyTo(builder, console);
    return builder;
  }

  /** As it was named, or as its file is. */
  private String modelName() {
    Path path = Path.of(model.name());
    return Files.isRegularFile(path)
        ? path.getFileName().toString().replaceFirst("\\.gguf$", "")
        : model.name();
  }

  private int measure(
      HumanEvalDrafts.Opened opened,
      List<Setting> settings,
      Optional<PythonSandbox> sandbox,
      ModelFacts facts) {
    RunOptions asked =
        options.forReport(
            opened.any().context(),
            sandbox.map(PythonSandbox::description).orElse(null),
            spec.root().commandLine().getParseResult().originalArgs());
    List<SettingFacts> told = settings.stream().map(SettingFacts::of).toList();
    progress("what the machine can do");
    Conditions conditions =
        MachineConditions.of(opened.any().device(), opened.any().gpuLayers(), engine.kvType());
    ObjectNode header = ProgressFile.header(facts, asked, told, conditions);
    try (ProgressFile kept = open(header)) {
      List<PassCost> cost = cost(opened);
      List<Result> results = new ArrayList<>(kept == null ? List.of() : kept.results());
      UnaryOperator<Result> scorer = HumanEvalScoring.scorer(sandbox, options.style());
      Bench bench = bench(opened, settings);
      try {
        run(bench, results, scorer, kept);
      } finally {
        // Also of a run that fails, for instance since the baseline ended: what is done is told.
        if (oneProblemIsDone(results, settings.size())) {
          output.write(
              Report.of(
                  Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                  results.size() == bench.texts() && options.limit() == Problems.COUNT,
                  conditions,
                  facts,
                  asked,
                  told,
                  cost,
                  results),
              console);
        }
      }
      if (results.size() < bench.texts()) {
        return Cli.INTERRUPTED;
      }
      if (kept != null) {
        kept.delete();
      }
      return identical(settings, results) ? Cli.DONE : Cli.FAILED;
    }
  }

  private Bench bench(HumanEvalDrafts.Opened opened, List<Setting> settings) {
    return new Bench(
        settings,
        Problems.spread(options.limit()),
        problem -> options.style().ids(opened.any(), problem),
        options.generation(),
        options.repeat());
  }

  /** What was done before; null if the report goes to no file. */
  private ProgressFile open(ObjectNode header) {
    return output
        .progress()
        .map(path -> new OptionChecks(spec).make(() -> ProgressFile.open(path, header)))
        .orElse(null);
  }

  private List<PassCost> cost(HumanEvalDrafts.Opened opened) {
    List<PassCost> cost = new ArrayList<>();
    if (!noCost) {
      try (CostMeter meter = new CostMeter(opened.any(), this::progress)) {
        meter
            .passes(new TreeSet<>(COST_SIZES), COST_PREFIX)
            .forEach((n, ms) -> cost.add(new PassCost(n, ms)));
      }
    }
    progress("");
    return cost;
  }

  /**
   * Decodes what is missing, until it is interrupted.
   *
   * @param results receives what comes
   * @param scorer adds to a text what became of its program
   * @param kept receives it too, unless it is null
   */
  private void run(
      Bench bench, List<Result> results, UnaryOperator<Result> scorer, ProgressFile kept) {
    if (results.size() == bench.texts()) {
      return;
    }
    try (Interrupts.Scope _ =
            console.interrupts().handleOnce(bench.generation().cancellation()::cancel);
        HumanEvalProgress shown =
            new HumanEvalProgress(console, bench.settings(), results.size(), bench.texts())) {
      progress("warm-up");
      bench.warmUp();
      progress("");
      bench.run(
          List.copyOf(results),
          text -> {
            Result result = scorer.apply(text);
            results.add(result);
            if (kept != null) {
              kept.add(result);
            }
            shown.done(results);
          });
    }
  }

  private static boolean oneProblemIsDone(List<Result> results, int settings) {
    return results.stream()
        .collect(
            Collectors.groupingBy(
                result -> result.problem() + " " + result.repeat(), Collectors.counting()))
        .containsValue((long) settings);
  }

  /** Whether all texts are plain decoding's; names each setting with others. */
  private boolean identical(List<Setting> settings, List<Result> results) {
    boolean identical = true;
    for (Setting setting : settings) {
      List<Identity.Difference> differences =
          setting instanceof Setting.External
              ? List.of()
              : Identity.of(results, setting.name()).differences();
      if (!differences.isEmpty()) {
        identical = false;
        Identity.Difference first = differences.getFirst();
        console
            .err()
            .line(
                "dovetail: %s differs from plain decoding in %d of its texts, and must not: first in %s (repeat %d), token %d"
                    .formatted(
                        Printable.of(setting.name()),
                        differences.size(),
                        first.problem(),
                        first.repeat(),
                        first.position()));
      }
    }
    return identical;
  }

  /** A line that a terminal shows until the next. */
  private void progress(String what) {
    if (console.err().isTerminal()) {
      console.err().print("\r\033[K" + (what.isEmpty() ? "" : "measuring: " + what));
    }
  }
}
