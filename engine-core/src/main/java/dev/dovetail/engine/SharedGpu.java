package dev.dovetail.engine;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.models.TensorType;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The GPU of one engine, opened when something first goes there: the draft and the target's layers
 * share it, and with it one budget of memory. Used by the thread that builds the engine, and only
 * read afterwards.
 */
final class SharedGpu implements AutoCloseable {
  private final Optional<DeviceProvider> provider;
  private final DeviceOptions options;
  private final Consumer<String> warnings;
  private Optional<Device> device = Optional.empty();

  /**
   * @param warnings is told, in a line, when the GPU fails to take its memory back
   */
  SharedGpu(Optional<DeviceProvider> provider, DeviceOptions options, Consumer<String> warnings) {
    this.provider = provider;
    this.options = options;
    this.warnings = warnings;
  }

  /** Why it cannot be used, or empty if it can. */
  Optional<String> unavailable() {
    return provider.isEmpty()
        ? Optional.of("no GPU device was found: add dev.dovetail:draft-gpu to the class path")
        : provider.get().unavailable();
  }

  /** Why it stays off in this process, if it has failed for good. */
  Optional<String> lost() {
    return provider.flatMap(DeviceProvider::lost);
  }

  /**
   * The device; belongs to this.
   *
   * @throws DeviceFailure if it fails
   * @throws IllegalStateException with its cause if there is none
   */
  Device open() {
    if (device.isEmpty()) {
      device = Optional.of(provider.orElseThrow().open(options));
    }
    return device.get();
  }

  /** Bits that a weight of a type takes there. */
  double packedBits(TensorType type) {
    return provider.orElseThrow().packedBits(type);
  }

  /** Bytes that are held there now, 0 where it is not open. */
  long heldBytes() {
    return device.map(Device::heldBytes).orElse(OptionalLong.empty()).orElse(0);
  }

  /** Closes it, if it is open. */
  @Override
  public void close() {
    Optional<Device> opened = device;
    device = Optional.empty();
    try {
      opened.ifPresent(Device::close);
    } catch (DeviceFailure e) {
      warnings.accept("the GPU's memory is not given back: " + e.getMessage());
    }
  }
}
