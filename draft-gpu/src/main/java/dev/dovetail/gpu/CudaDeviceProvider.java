package dev.dovetail.gpu;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.device.CudaDevice;
import dev.dovetail.gpu.driver.CudaDriver;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.TimeLimitedDriver;
import dev.dovetail.models.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Opens the GPU with the most free memory. One that has failed for good stays off for this process.
 */
public final class CudaDeviceProvider implements DeviceProvider {
  /** What made a GPU stay off in this process. */
  static final AtomicReference<GpuException> FAILED = new AtomicReference<>();

  private final Supplier<CudaStatus> status;
  private final IntFunction<GpuDriver> drivers;
  private final AtomicReference<GpuException> failed;

  public CudaDeviceProvider() {
    this(CudaDeviceProvider::ofSystem, CudaDriver::open, FAILED);
  }

  /**
   * @param status what there is
   * @param drivers opens the GPU of an ordinal
   * @param failed holds what made a GPU stay off, for all providers that share it
   */
  CudaDeviceProvider(
      Supplier<CudaStatus> status,
      IntFunction<GpuDriver> drivers,
      AtomicReference<GpuException> failed) {
    this.status = status;
    this.drivers = drivers;
    this.failed = failed;
  }

  @Override
  public String kind() {
    return "cuda";
  }

  /** A GPU that is too full now is none of the reasons: it may have room later. */
  @Override
  public Optional<String> unavailable() {
    Optional<String> lost = lost();
    if (lost.isPresent()) {
      return lost;
    }
    return switch (status.get()) {
      case Unavailable why -> Optional.of(why.message());
      case Available found -> found.best().tooOld();
    };
  }

  @Override
  public Optional<String> lost() {
    return Optional.ofNullable(failed.get())
        .map(e -> "the GPU failed, and stays off for this process: " + e.getMessage());
  }

  /**
   * What the driver says, or what it would say where there is nothing to ask: loading it takes a
   * tenth of a second.
   */
  private static CudaStatus ofSystem() {
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

  /** Does nothing: kernels are compiled by the driver as they load. */
  @Override
  public void warmUp() {}

  @Override
  public double packedBits(TensorType type) {
    return CudaDevice.bitsPerWeight(type);
  }

  /**
   * @throws GpuException if the GPU is too full, or the driver refuses
   */
  @Override
  public Device open(DeviceOptions options) {
    Optional<String> why = unavailable();
    if (why.isPresent()) {
      throw new IllegalStateException(why.get());
    }
    return switch (status.get()) {
      case Available found -> open(found.best(), options);
      case Unavailable gone -> throw new IllegalStateException(gone.message());
    };
  }

  private Device open(GpuInfo gpu, DeviceOptions options) {
    GpuDriver driver =
        TimeLimitedDriver.of(driver(gpu), failure -> failed.compareAndSet(null, failure));
    try {
      long free = driver.freeBytes();
      Optional<String> full = gpu.tooFull(free);
      if (full.isPresent()) {
        throw new GpuException(GpuException.Kind.OUT_OF_MEMORY, full.get());
      }
      long usable = free - GpuInfo.RESERVE_BYTES;
      long budget = options.memoryBytes() == 0 ? usable : Math.min(usable, options.memoryBytes());
      return new CudaDevice(driver, options.kv(), budget);
    } catch (RuntimeException | Error e) {
      try (driver) {
        throw e;
      }
    }
  }

  private GpuDriver driver(GpuInfo gpu) {
    try {
      return drivers.apply(gpu.ordinal());
    } catch (GpuException e) {
      GpuException explained = new GpuException(e.kind(), gpu.refused(e));
      explained.initCause(e);
      throw explained;
    }
  }
}
