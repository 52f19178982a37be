package dev.dovetail.cli;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.cost.CostMeter;
import dev.dovetail.engine.cost.PassBreakdown;
import dev.dovetail.engine.cost.PassCosts;
import dev.dovetail.engine.device.OperationTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dovetail bench cost}. */
@Command(
    name = "cost",
    description =
        "Measures T(n), the time of one pass of the full model over n tokens, beside what this"
            + " machine's memory and FMA units can do at most.",
    footer = {
      "",
      "T(1) is plain decoding. A pass that checks several guesses pays where T(n)/T(1) is below the"
          + " tokens",
      "that it yields. Times are medians of at least 8 rounds in which all sizes take turns; the"
          + " limits are",
      "the best of what was reached in the same process, with the same threads.",
      "",
      "Examples:",
      "  dovetail bench cost -m qwen2.5-coder-1.5b-instruct",
      "  dovetail bench cost --n 1,4,16 --prefix 2048 --breakdown",
      "  dovetail bench cost --json --svg roofline.svg",
    })
final class CostCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ModelOption model;

  @Option(
      names = "--n",
      order = 20,
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,3,4,5,6,8,12,16,24,32",
      description = "Tokens of a pass, several by commas. Default: ${DEFAULT-VALUE}.")
  private List<Integer> sizes;

  @Option(
      names = "--prefix",
      order = 21,
      paramLabel = "N",
      defaultValue = "128",
      description = "Tokens in the context before each pass. Default: ${DEFAULT-VALUE}.")
  private int prefix;

  @Option(
      names = "--breakdown",
      order = 22,
      description = "Show where the time of a pass over the first of --n goes.")
  private boolean breakdown;

  @Option(names = "--json", order = 23, description = "Print one JSON object.")
  private boolean json;

  @Option(
      names = "--svg",
      order = 24,
      paramLabel = "FILE",
      description = "Write the roofline as a picture.")
  private Path svg;

  @Mixin private GpuOptions gpu;
  @Mixin private EngineOptions engine;
  @Spec private CommandSpec spec;

  CostCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    check();
    OperationTimes times = new OperationTimes();
    Dovetail.Builder builder =
        engine.open(model.name(), new ModelLocator(console)).draft(Draft.none());
    gpu.applyTo(builder, console);
    if (breakdown) {
      builder.timed(times);
    }
    try (Engine opened = builder.build();
        CostMeter meter = new CostMeter(opened, this::progress)) {
      PassCosts costs = meter.measure(new TreeSet<>(sizes), prefix);
      Optional<PassBreakdown> parts = Optional.empty();
      if (breakdown) {
        parts = Optional.of(PassBreakdown.measure(meter, times, prefix, sizes.getFirst()));
      }
      progress("");
      print(costs, parts);
    }
    return Cli.DONE;
  }

  private void check() {
    OptionChecks checks = new OptionChecks(spec);
    for (int n : sizes) {
      checks.that(
          n >= 1 && n <= CostMeter.MOST_TOKENS,
          "--n must be 1 to %d; found %d".formatted(CostMeter.MOST_TOKENS, n));
    }
    checks.that(prefix >= 0, "--prefix must be at least 0; found " + prefix);
    gpu.check();
    engine.check();
  }

  private void print(PassCosts costs, Optional<PassBreakdown> parts) {
    if (svg != null) {
      try {
        WholeFile.write(svg, RooflineSvg.of(costs, model.name()));
      } catch (IOException e) {
        throw new UncheckedIOException("the picture cannot be written: " + e.getMessage(), e);
      }
    }
    if (json) {
      console.out().line(CostJson.of(costs, parts));
    } else {
      CostReport.lines(costs, parts).forEach(console.out()::line);
    }
  }

  /** A line that a terminal shows until the next. */
  private void progress(String what) {
    if (console.err().isTerminal()) {
      console.err().print("\r\033[K" + (what.isEmpty() ? "" : "measuring: " + what));
    }
  }
}
