package dev.dovetail.gpu;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What {@link Cuda#probe()} found: devices that can be used, or the reason for none. */
public sealed interface CudaStatus {

  /**
   * CUDA can be used.
   *
   * @param driverVersion the newest CUDA version the driver serves, as 1000 * major + 10 * minor:
   *     12040 is 12.4
   * @param devices at least one, by ordinal
   */
  record Available(int driverVersion, List<GpuInfo> devices) implements CudaStatus {
    public Available {
      devices = List.copyOf(devices);
      if (devices.isEmpty()) {
        throw new IllegalArgumentException("CUDA without a device is not available");
      }
    }

    /** The one that is used: of those that can be, the one with the most free memory. */
    public GpuInfo best() {
      return devices.stream()
          .max(
              Comparator.comparing((GpuInfo device) -> device.unusable().isEmpty())
                  .thenComparing(device -> device.tooOld().isEmpty())
                  .thenComparingLong(device -> device.freeBytes().orElse(0)))
          .orElseThrow();
    }
  }

  /**
   * CUDA cannot be used.
   *
   * @param message what was found, what was wanted, what to do; one line
   * @param cause the error behind it, where there was one
   */
  record Unavailable(Reason reason, String message, Optional<Throwable> cause)
      implements CudaStatus {}

  /** Kinds of reasons, each with its own remedy. */
  enum Reason {
    /** The driver's library is not installed. */
    NO_DRIVER,
    /** The driver is older than the kernels need, or its parts are of different versions. */
    DRIVER_TOO_OLD,
    /** The driver works and sees no device. */
    NO_DEVICE,
    /** There is a device that this user may not open. */
    NO_PERMISSION,
    /** There is no native code for this operating system and processor. */
    UNSUPPORTED_PLATFORM,
    /** Anything else; the message has the driver's own name of the error. */
    OTHER
  }
}
