package dev.dovetail.gpu;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.device.CudaDevice;
import dev.dovetail.gpu.driver.CudaDriver;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.TimeLimitedDriver;
import dev.dovetail.models.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * Opens the GPU with the most free memory. One that has failed for good stays off for this process.
 */
public final class CudaDeviceProvider implements DeviceProvider {
  /** The oldest that the kernels run on: Maxwell. */
  private static final int OLDEST_MAJOR = 5;

  /** What is left of free memory to the driver, which takes some for kernels as they load. */
  private static final long RESERVE_BYTES = 256L << 20;

  private static final AtomicReference<TimeLimitedDriver> OPENED = new AtomicReference<>();

  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public Optional<String> unavailable() {
    TimeLimitedDriver before = OPENED.get();
    Optional<GpuException> failure = before == null ? Optional.empty() : before.failure();
    if (failure.isPresent()) {
      return Optional.of(
          "the GPU failed, and stays off for this process: " + failure.get().getMessage());
    }
    return switch (status()) {
      case Unavailable why -> Optional.of(why.message());
      case Available found ->
          best(found).isPresent() ? Optional.empty() : Optional.of(tooOld(found));
    };
  }

  /**
   * What the driver says, or what it would say where there is nothing to ask: loading it takes a
   * tenth of a second.
   */
  private static CudaStatus status() {
    boolean linux = System.getProperty("os.name").equals("Linux");
    boolean device =
        Stream.of("/dev/nvidiactl", "/dev/dxg").anyMatch(file -> Files.exists(Path.of(file)));
    return linux && !device
        ? new Unavailable(
            CudaStatus.Reason.NO_DEVICE,
            "there is no NVIDIA GPU, or its driver is not installed (/dev/nvidiactl is missing)",
            Optional.empty())
        : Cuda.probe();
  }

  private static Optional<GpuInfo> best(Available found) {
    return found.devices().stream()
        .filter(device -> device.computeMajor() >= OLDEST_MAJOR)
        .max(Comparator.comparingLong(device -> device.freeBytes().orElse(0)));
  }

  private static String tooOld(Available found) {
    GpuInfo device = found.devices().getFirst();
    return "%s has compute capability %s; %d.0 or newer is needed"
        .formatted(device.name(), device.computeCapability(), OLDEST_MAJOR);
  }

  /** Does nothing: kernels are compiled by the driver as they load. */
  @Override
  public void warmUp() {}

  @Override
  public double packedBits(TensorType type) {
    return CudaDevice.bitsPerWeight(type);
  }

  @Override
  public Device open(DeviceOptions options) {
    Optional<String> why = unavailable();
    if (why.isPresent()) {
      throw new IllegalStateException(why.get());
    }
    int ordinal =
        switch (status()) {
          case Available found -> best(found).orElseThrow().ordinal();
          case Unavailable gone -> throw new IllegalStateException(gone.message());
        };
    TimeLimitedDriver driver = TimeLimitedDriver.of(CudaDriver.open(ordinal));
    OPENED.set(driver);
    try {
      long free = Math.max(0, driver.freeBytes() - RESERVE_BYTES);
      long budget = options.memoryBytes() == 0 ? free : Math.min(free, options.memoryBytes());
      return new CudaDevice(driver, options.kv(), budget);
    } catch (RuntimeException | Error e) {
      try (driver) {
        throw e;
      }
    }
  }
}
