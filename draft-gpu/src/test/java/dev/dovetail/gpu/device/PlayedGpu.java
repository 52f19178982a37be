package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.gpu.CudaDeviceProvider;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.driver.TimeLimitedDriver;
import dev.dovetail.models.TensorType;
import java.time.Duration;
import java.util.Optional;

/**
 * The GPU that engines of these tests find: one over a test's own driver while a test plays it,
 * otherwise what there is. For one thread.
 */
public final class PlayedGpu implements DeviceProvider {
  private static Optional<Play> playing = Optional.empty();

  private final CudaDeviceProvider real = new CudaDeviceProvider();

  /** A driver for one engine, until this is closed. */
  static final class Play implements AutoCloseable {
    private final TimeLimitedDriver driver;
    private final long memory;
    private Optional<CudaDevice> device = Optional.empty();

    private volatile GpuException failure;

    private Play(GpuDriver driver, long memory) {
      this.driver = new TimeLimitedDriver(driver, Duration.ofSeconds(10), e -> failure = e);
      this.memory = memory;
    }

    private Optional<String> failure() {
      return Optional.ofNullable(failure).map(GpuException::getMessage);
    }

    /** What an engine has opened. */
    Optional<CudaDevice> device() {
      return device;
    }

    @Override
    public void close() {
      playing = Optional.empty();
    }
  }

  /**
   * Plays a GPU.
   *
   * @param driver closed by the device that an engine opens
   * @param memory its budget, where no less is asked for
   */
  static Play play(GpuDriver driver, long memory) {
    Play play = new Play(driver, memory);
    playing = Optional.of(play);
    return play;
  }

  @Override
  public String kind() {
    return "cuda";
  }

  @Override
  public Optional<String> unavailable() {
    return playing.isEmpty()
        ? real.unavailable()
        : playing.get().failure().map(failure -> "it failed: " + failure);
  }

  @Override
  public Optional<String> lost() {
    return playing.isEmpty() ? real.lost() : playing.get().failure();
  }

  @Override
  public void warmUp() {}

  @Override
  public double packedBits(TensorType type) {
    return real.packedBits(type);
  }

  @Override
  public Device open(DeviceOptions options) {
    if (playing.isEmpty()) {
      return real.open(options);
    }
    Play play = playing.get();
    long budget =
        options.memoryBytes() == 0 ? play.memory : Math.min(play.memory, options.memoryBytes());
    CudaDevice opened = new CudaDevice(play.driver, options.kv(), budget);
    play.device = Optional.of(opened);
    return opened;
  }
}
