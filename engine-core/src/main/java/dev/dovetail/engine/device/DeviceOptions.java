package dev.dovetail.engine.device;

import java.util.Objects;

/**
 * What a user may choose of a device.
 *
 * @param threads worker threads; 0: as many as pay on this machine
 * @param kv how its caches keep keys and values
 * @param memoryBytes most bytes of a GPU's memory; 0: what is free there
 */
public record DeviceOptions(int threads, KvType kv, long memoryBytes) {
  /** Every choice left to the device, keys and values in f32. */
  public static final DeviceOptions DEFAULT = new DeviceOptions(0, KvType.F32, 0);

  public DeviceOptions {
    if (threads < 0 || threads > 1024) {
      throw new IllegalArgumentException(
          "threads must be 1 to 1024, or 0 for automatic; found " + threads);
    }
    Objects.requireNonNull(kv);
    if (memoryBytes < 0) {
      throw new IllegalArgumentException("memory of " + memoryBytes + " bytes");
    }
  }
}
