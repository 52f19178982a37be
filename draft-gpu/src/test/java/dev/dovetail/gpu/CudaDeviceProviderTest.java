package dev.dovetail.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.dgf.testing.TinyDraft;
import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.DraftPlace;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Reason;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.device.CudaDevice;
import dev.dovetail.gpu.driver.FailingDriver;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.GpuException.Kind;
import dev.dovetail.gpu.driver.HostDriver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What it says of a GPU that cannot be opened, has too little room, or was lost. */
class CudaDeviceProviderTest {
  private static final long MIB = 1L << 20;
  private static final DeviceOptions OPTIONS = DeviceOptions.DEFAULT;

  private final AtomicReference<GpuException> failed = new AtomicReference<>();

  @BeforeEach
  void need() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
  }

  private static CudaStatus card(int major) {
    GpuInfo device =
        new GpuInfo(0, "Card", major, 0, 400 * MIB, OptionalLong.of(300 * MIB), Optional.empty());
    return new Available(12040, List.of(device));
  }

  private CudaDeviceProvider provider(CudaStatus status, IntFunction<GpuDriver> drivers) {
    return new CudaDeviceProvider(() -> status, drivers, failed);
  }

  @Test
  void whatIsThereIsOpenedWithinItsFreeMemory() {
    CudaDeviceProvider provider = provider(card(5), ordinal -> new HostDriver(257 * MIB, 1));
    assertThat(provider.unavailable()).isEmpty();
    try (Device device = provider.open(OPTIONS)) {
      device.buffer((int) MIB / 4 - 1).close();
      assertThatThrownBy(() -> device.buffer((int) MIB / 4 + 1))
          .hasMessageContaining("budget is 1048576 bytes");
    }
  }

  @Test
  void oneThatIsTooFullSaysSoAndIsTriedAgain() {
    HostDriver full = new HostDriver(256 * MIB, 1);
    List<GpuDriver> drivers = new ArrayList<>(List.of(full, new HostDriver(300 * MIB, 1)));
    CudaDeviceProvider provider = provider(card(8), ordinal -> drivers.removeFirst());
    assertThatThrownBy(() -> provider.open(OPTIONS))
        .isInstanceOf(DeviceFailure.class)
        .hasMessage(
            "Card has 256 MiB of 400 MiB free, and the driver needs 256 MiB of that: other processes"
                + " hold the rest; nvidia-smi lists them");
    assertThat(full.pinnedBytes()).isZero();
    assertThat(provider.unavailable()).isEmpty();
    provider.open(OPTIONS).close();
  }

  @Test
  void oneThatDoesNotOpenSaysWhatThatMeans() {
    GpuException full = new GpuException(Kind.OUT_OF_MEMORY, "cuX gave Y");
    CudaDeviceProvider provider =
        provider(
            card(8),
            ordinal -> {
              throw full;
            });
    assertThatThrownBy(() -> provider.open(OPTIONS))
        .isInstanceOf(DeviceFailure.class)
        .hasMessage(
            "Card is too full to be opened (cuX gave Y): other processes hold its 400 MiB;"
                + " nvidia-smi lists them")
        .hasCause(full);
  }

  @Test
  void whatCannotBeUsedIsNotOpened() {
    Unavailable none = new Unavailable(Reason.NO_PERMISSION, "not allowed", Optional.empty());
    for (CudaStatus status : List.of(none, card(4))) {
      CudaDeviceProvider provider = provider(status, ordinal -> new HostDriver(MIB, 1));
      String why = provider.unavailable().orElseThrow();
      assertThat(why)
          .isIn("not allowed", "Card has compute capability 4.0, and 5.0 or newer is needed");
      assertThat(provider.lost()).isEmpty();
      assertThatThrownBy(() -> provider.open(OPTIONS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(why);
    }
  }

  @Test
  void oneThatIsLostStaysOff() {
    // The first device goes on beside a second one, and fails after that was opened.
    CudaDeviceProvider provider =
        provider(card(8), ordinal -> new FailingDriver(new HostDriver(300 * MIB, 1), 3, Kind.LOST));
    CudaDevice first = (CudaDevice) provider.open(OPTIONS);
    assertThat(provider.lost()).isEmpty();
    Device second = provider.open(OPTIONS);
    assertThatThrownBy(() -> first.buffer(5)).isInstanceOf(DeviceFailure.class);
    String why = "the GPU failed, and stays off for this process: injected at call 3, allocate";
    assertThat(provider.lost()).hasValue(why);
    assertThat(provider.unavailable()).hasValue(why);
    assertThatThrownBy(() -> provider.open(OPTIONS)).hasMessage(why);
    first.close();
    second.close();
  }

  @Test
  void laterEnginesSayThatItIsLost(@TempDir Path folder) throws IOException {
    Path model = TinyGeneration.model(folder, "llama");
    Path draft = TinyDraft.standard().write(folder);
    List<String> warnings = new ArrayList<>();
    CudaDeviceProvider.FAILED.set(new GpuException(Kind.LOST, "the kernel of a test"));
    try (Engine engine =
        Dovetail.open(model).draft(Draft.of(draft)).onWarning(warnings::add).build()) {
      String why = "the GPU failed, and stays off for this process: the kernel of a test";
      assertThat(warnings).containsExactly("the draft runs on the CPU: " + why);
      assertThat(stats(engine).gpuLost()).hasValue(why);
      assertThat(stats(engine).draft()).doesNotContain("lost");
      assertThatThrownBy(() -> Dovetail.open(model).draftPlace(DraftPlace.GPU).build())
          .hasMessageContaining(why);
    } finally {
      CudaDeviceProvider.FAILED.set(null);
    }
    try (Engine engine = Dovetail.open(model).draft(Draft.none()).build()) {
      assertThat(stats(engine).gpuLost()).isEmpty();
    }
  }

  private static GenerationStats stats(Engine engine) {
    GenerationOptions options = TinyGeneration.options(SamplingOptions.GREEDY, 2);
    return TinyGeneration.generate(engine, TinyGeneration.prompt(5), options).stats();
  }
}
