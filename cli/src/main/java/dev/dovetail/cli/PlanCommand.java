package dev.dovetail.cli;

import dev.dovetail.dgf.DraftShapes;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.cost.RoundMeter;
import dev.dovetail.engine.cost.RoundMeter.Drafted;
import dev.dovetail.engine.cost.RoundMeter.Measured;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.plan.Budget;
import dev.dovetail.engine.plan.Cpu;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.plan.Gpu;
import dev.dovetail.engine.plan.Guess;
import dev.dovetail.engine.plan.ModelShape;
import dev.dovetail.engine.plan.Predictor;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.gpu.device.CudaDevice;
import dev.dovetail.models.load.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dovetail plan}. */
@Command(
    name = "plan",
    description =
        "Says what of a model and its draft would lie on the GPU and on the CPU, to the byte, and how"
            + " fast that would be.",
    footer = {
      "",
      "With a file it measures T(n), the draft and tau, for about a minute, and shows the measured"
          + " speeds",
      "beside the predicted ones; --cpu-bandwidth, --cpu-gmacs and --tau together spare that. With"
          + " --shape",
      "it measures what this machine can do, unless the first two are given. What it assumes it"
          + " prints.",
      "",
      "Examples:",
      "  dovetail plan --vram 3GiB",
      "  dovetail plan -m qwen2.5-coder-1.5b-instruct -d none --vram auto --ctx 4096 --json",
      "  dovetail plan --shape llama2-7b --type q4_0 --vram 7GiB --gpu-bandwidth 448",
    })
final class PlanCommand implements Callable<Integer> {
  /** What {@code run} asks the draft for. */
  private static final TreeShape DEFAULT_TREE = new TreeShape(1, 1);

  private static final double DEFAULT_GPU_BANDWIDTH = 200;

  /** The paper's, arXiv 2412.18934. */
  private static final double PAPER_TAU = 5.90;

  /** Tokens of a level there. */
  private static final int PAPER_WIDTH = 10;

  /** What passes reach of a machine's limits; docs/performance.md has where they do. */
  private static final double READ_REACH = 0.7;

  private static final double FMA_REACH = 0.4;

  private static final List<String> PROMPTS =
      List.of(
          "def mean(numbers):\n    \"\"\"Return the arithmetic mean of a list of numbers.\"\"\"\n",
          "def is_palindrome(text):\n    \"\"\"Say whether a text reads the same backwards.\"\"\"\n",
          "def count_words(path):\n    \"\"\"Count how often each word is in a file.\"\"\"\n");

  private final Console console;

  @Mixin private ModelOption model;
  @Mixin private ShapeOptions shape;
  @Mixin private DraftOptions draft;
  @Mixin private VramOption vram;

  @Mixin private MachineOptions machine;

  @Option(
      names = "--prompt",
      order = 44,
      paramLabel = "TEXT",
      description =
          "Measure with this text, continued as it stands. Default: three short functions.")
  private String prompt;

  @Option(names = "--json", order = 45, description = "Print one JSON object.")
  private boolean json;

  @Mixin private EngineOptions engine;
  @Spec private CommandSpec spec;

  PlanCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    check();
    VramBudget budget = new OptionChecks(spec).make(() -> VramBudget.of(vram.size()));
    PlanOutcome outcome = shape.given() ? ofShape(budget) : ofModel(budget);
    progress("");
    if (json) {
      console.out().line(PlanJson.of(outcome));
    } else {
      PlanReport.lines(outcome).forEach(console.out()::line);
    }
    return Cli.DONE;
  }

  private void check() {
    OptionChecks checks = new OptionChecks(spec);
    shape.check();
    draft.check();
    machine.check();
    engine.check();
    checks.that(tree().depth() > 0, "--tree must have a level; found " + tree());
    checks.that(
        !shape.given() || !(draft.choice().model() instanceof Draft.Checkpoint),
        "--draft must name no folder or file with --shape, which has none");
    int nodes = shape.given() ? shape.nodes() : tree().nodes() + 1;
    double tau = machine.tau().orElse(1);
    checks.that(
        tau <= nodes,
        "--tau %s is more than the %d tokens of a verification pass".formatted(tau, nodes));
    checks.that(prompt == null || !prompt.isEmpty(), "--prompt is empty");
  }

  private TreeShape tree() {
    return draft.tree().orElse(DEFAULT_TREE);
  }

  private PlanOutcome ofShape(VramBudget vramBudget) {
    ModelShape target = shape.target();
    int context = engine.contextOr(target.contextLength());
    new OptionChecks(spec)
        .that(
            context <= target.contextLength(),
            "--ctx %d is larger than the %d tokens that the model was made for"
                .formatted(context, target.contextLength()));
    List<String> assumed = new ArrayList<>();
    assumed.add("weights: " + shape.types());
    Cpu cpu = cpuOfLimits(assumed);
    Optional<DraftShape> drafts =
        draft.choice().model() instanceof Draft.None
            ? Optional.empty()
            : Optional.of(shape.draft());
    Optional<Guess> guess = drafts.map(any -> paperGuess(assumed));
    return outcome(
        vramBudget,
        new Budget(target, drafts, context, engine.kvType()),
        new Rates(cpu, guess, Optional.empty()),
        assumed);
  }

  private Guess paperGuess(List<String> assumed) {
    double tau =
        machine
            .tau()
            .orElseGet(() -> {
              assumed.add(
                  "tau %s: the paper's, for LLaMA2-Chat-7B, a draft of 5 layers and HumanEval"
                      .formatted(Units.decimal(Math.min(PAPER_TAU, shape.nodes()), 2)));
              return Math.min(PAPER_TAU, shape.nodes());
            });
    return new Guess(shape.nodes(), shape.levels(), PAPER_WIDTH, tau, OptionalDouble.empty());
  }

  private Cpu cpuOfLimits(List<String> assumed) {
    if (machine.cpuBandwidth().isPresent() && machine.cpuGmacs().isPresent()) {
      return new Cpu(machine.cpuBandwidth().getAsDouble(), machine.cpuGmacs().getAsDouble());
    }
    progress("what the machine can do");
    DeviceLimits limits = limits();
    assumed.add(
        "passes reach %s %% of the %s GB/s and %s %% of the %s GMAC/s measured here as this machine's"
                .formatted(
                    Units.decimal(100 * READ_REACH, 0),
                    Units.decimal(limits.readGbPerS(), 1),
                    Units.decimal(100 * FMA_REACH, 0),
                    Units.decimal(limits.fmaGmacPerS(), 0))
            + " limits, where no rate is given");
    return new Cpu(
        machine.cpuBandwidth().orElse(READ_REACH * limits.readGbPerS()),
        machine.cpuGmacs().orElse(FMA_REACH * limits.fmaGmacPerS()));
  }

  private DeviceLimits limits() {
    DeviceProvider cpu =
        ServiceLoader.load(DeviceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.kind().equals("cpu"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("the class path lacks verify-cpu"));
    try (Device device = cpu.open(new DeviceOptions(engine.threads(), KvType.F32, 0))) {
      return device.measureLimits();
    }
  }

  private PlanOutcome ofModel(VramBudget vramBudget) {
    ModelLocator locator = new ModelLocator(console);
    Dovetail.Builder builder = engine.open(model.name(), locator);
    try (Model opened = Model.open(locator.locate(model.name()))) {
      ModelShape target = ModelShape.of(opened, CudaDevice::bitsPerWeight);
      Optional<DraftShape> drafts =
          switch (draft.choice().model()) {
            case Draft.Bundled bundled -> DraftShapes.bundled(opened);
            case Draft.Checkpoint checkpoint ->
                Optional.of(DraftShapes.open(checkpoint.path(), opened));
            case Draft.None none -> Optional.empty();
            case Draft.Custom custom -> throw new AssertionError("no option gives " + custom);
          };
      Budget budget =
          new Budget(target, drafts, engine.contextOr(target.contextLength()), engine.kvType());
      List<String> assumed = new ArrayList<>();
      Rates rates =
          given(drafts)
              ? givenRates(drafts)
              : measuredRates(
                  builder.draft(draft.choice().model()).draftPlace(DraftPlace.CPU).gpuLayers(0),
                  target,
                  drafts,
                  assumed);
      return outcome(vramBudget, budget, rates, assumed);
    }
  }

  private boolean given(Optional<DraftShape> drafts) {
    return machine.cpuBandwidth().isPresent()
        && machine.cpuGmacs().isPresent()
        && (drafts.isEmpty() || machine.tau().isPresent());
  }

  private Rates givenRates(Optional<DraftShape> drafts) {
    return new Rates(
        new Cpu(machine.cpuBandwidth().orElseThrow(), machine.cpuGmacs().orElseThrow()),
        drafts.map(any -> guess(machine.tau().orElseThrow(), OptionalDouble.empty())),
        Optional.empty());
  }

  private Rates measuredRates(
      Dovetail.Builder builder,
      ModelShape target,
      Optional<DraftShape> drafts,
      List<String> assumed) {
    Measured measured;
    try (Engine built = builder.tree(tree()).build()) {
      List<String> prompts = prompt == null ? PROMPTS : List.of(prompt);
      measured = new RoundMeter(built, tree(), prompts, this::progress).measure();
    }
    Cpu fitted =
        Cpu.fitted(target.cpuWork(0), measured.oneMs(), measured.nodes(), measured.manyMs());
    Cpu cpu =
        new Cpu(
            machine.cpuBandwidth().orElse(fitted.readGbPerS()),
            machine.cpuGmacs().orElse(fitted.gmacPerS()));
    Optional<Drafted> drafted = drafts.isEmpty() ? Optional.empty() : measured.drafted();
    if (drafted.isPresent() && machine.tau().isEmpty()) {
      assumed.add(
          "tau is that of %s, greedy; other texts have another"
              .formatted(prompt == null ? "three short Python functions" : "the prompt"));
    }
    return new Rates(
        cpu,
        drafted.map(d -> guess(machine.tau().orElse(d.tau()), OptionalDouble.of(d.draftMs()))),
        Optional.of(measured));
  }

  private Guess guess(double tau, OptionalDouble cpuDraftMs) {
    return new Guess(tree().nodes() + 1, tree().depth(), tree().width(), tau, cpuDraftMs);
  }

  private PlanOutcome outcome(
      VramBudget vramBudget, Budget budget, Rates rates, List<String> assumed) {
    if (machine.gpuBandwidth().isEmpty()) {
      assumed.add(
          "the GPU's memory has %s GB/s, a small card's; --gpu-bandwidth says otherwise"
              .formatted(Units.decimal(DEFAULT_GPU_BANDWIDTH, 0)));
    }
    Gpu gpu = new Gpu(machine.gpuBandwidth().orElse(DEFAULT_GPU_BANDWIDTH));
    return new PlanOutcome(
        budget,
        vramBudget,
        budget.largest(vramBudget.bytes()),
        new Predictor(budget.target(), budget.draft(), rates.cpu(), gpu, rates.guess()),
        rates.measured(),
        PlanAssumptions.with(assumed, budget, rates.guess()));
  }

  /** A line that a terminal shows until the next. */
  private void progress(String what) {
    if (console.err().isTerminal()) {
      console.err().print("\r\033[K" + (what.isEmpty() ? "" : "measuring: " + what));
    }
  }

  private record Rates(Cpu cpu, Optional<Guess> guess, Optional<Measured> measured) {}
}
