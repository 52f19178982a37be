package dev.dovetail.engine.device;

/**
 * What a user may choose of a device.
 *
 * @param threads worker threads; 0: as many as pay on this machine
 */
public record DeviceOptions(int threads) {
  /** Every choice left to the device. */
  public static final DeviceOptions DEFAULT = new DeviceOptions(0);

  public DeviceOptions {
    if (threads < 0 || threads > 1024) {
      throw new IllegalArgumentException(
          "threads must be 1 to 1024, or 0 for automatic; found " + threads);
    }
  }
}
