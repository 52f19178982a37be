package dev.dovetail.cli;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.selftest.DeviceReport;
import dev.dovetail.engine.selftest.DeviceSelfTest;
import dev.dovetail.engine.selftest.DraftMeter;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.DraftSelfTest;
import dev.dovetail.engine.selftest.DraftSpeed;
import dev.dovetail.engine.selftest.SelfTestSizes;
import dev.dovetail.models.store.ModelStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dovetail selftest gpu}. */
@Command(
    name = "gpu",
    description =
        "Compares each operation of the GPU with the CPU's, and measures it, and drafting, beside what"
            + " the GPU can do at most.",
    footer = {
      "",
      "It takes a minute or two, and up to 3 GB of the GPU's memory. How fast it drafts"
          + " decides nothing. If",
      "smollm2-135m-instruct is in the store, its draft must guess the same on the GPU as on"
          + " the CPU. Exit",
      "code 1 says that a check failed, or that there is no GPU that can be used.",
      "",
      "Examples:",
      "  dovetail selftest gpu",
      "  dovetail selftest gpu --json > gpu.json",
    })
final class GpuSelfTestCommand implements Callable<Integer> {
  private static final long SEED = 1;
  private static final int DRAFT_TOKENS = 24;

  private final Console console;
  private final Supplier<Optional<DeviceProvider>> gpus;
  private final SelfTestSizes sizes;

  @Option(names = "--json", order = 5, description = "Print one JSON object.")
  private boolean json;

  GpuSelfTestCommand(Console console) {
    this(console, () -> provider("cuda"), SelfTestSizes.MODELS);
  }

  /**
   * @param gpus what opens the tested device
   */
  GpuSelfTestCommand(
      Console console, Supplier<Optional<DeviceProvider>> gpus, SelfTestSizes sizes) {
    this.console = console;
    this.gpus = gpus;
    this.sizes = sizes;
  }

  private static Optional<DeviceProvider> provider(String kind) {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.kind().equals(kind))
        .findFirst();
  }

  @Override
  public Integer call() {
    DeviceProvider gpu =
        gpus.get()
            .orElseThrow(
                () -> new IllegalStateException("the class path lacks draft-gpu: build again"));
    gpu.unavailable()
        .ifPresent(why -> {
          throw new IllegalStateException("no GPU can be tested: " + why);
        });
    DeviceProvider cpu =
        provider("cpu")
            .orElseThrow(
                () -> new IllegalStateException("the class path lacks verify-cpu: build again"));
    DeviceReport operations;
    List<DraftSpeed> drafting;
    Optional<DraftReport> draft;
    try (Device tested = gpu.open(DeviceOptions.DEFAULT);
        Device reference = cpu.open(DeviceOptions.DEFAULT)) {
      operations = new DeviceSelfTest(tested, reference, sizes, SEED, this::progress).run();
      drafting = new DraftMeter(tested, sizes.drafts(), SEED, this::progress).run();
      draft = model().map(file -> compareDrafts(file, tested));
    }
    progress("");
    SelfTestReport report = new SelfTestReport(operations, drafting, draft);
    if (json) {
      console.out().line(report.json());
    } else {
      report.lines().forEach(console.out()::line);
    }
    return report.passed() ? Cli.DONE : Cli.FAILED;
  }

  /** Only one that is here: a test fetches nothing. */
  private Optional<Path> model() {
    return ModelStore.open(console.env()).find(ModelLocator.DEFAULT);
  }

  private DraftReport compareDrafts(Path model, Device tested) {
    progress("the draft of " + ModelLocator.DEFAULT);
    return DraftSelfTest.run(model, tested, DraftSelfTest.PROMPTS, DRAFT_TOKENS);
  }

  /** A line that a terminal shows until the next. */
  private void progress(String what) {
    if (console.err().isTerminal()) {
      console.err().print("\r\033[K" + (what.isEmpty() ? "" : "testing: " + what));
    }
  }
}
