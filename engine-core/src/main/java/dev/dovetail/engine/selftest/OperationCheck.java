package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.DeviceLimits;

/**
 * One operation of a device beside the same on another.
 *
 * @param operation such as {@code matmul Q4_K}
 * @param shape in words, such as {@code 4 x 1536 -> 1536}
 * @param error the largest difference, as a share of the largest number that was expected; not a
 *     number where the tested device gave one that is none
 * @param tolerance the largest error that passes
 * @param micros of a call on the tested device, many being queued at a time
 * @param bytes that a call has to read and write
 * @param macs multiply-adds of matrices and attention; 0 for operations that only memory bounds
 */
public record OperationCheck(
    String operation,
    String shape,
    double error,
    double tolerance,
    double micros,
    long bytes,
    long macs) {
  /** Whether the results agree. */
  public boolean passed() {
    return error <= tolerance;
  }

  /** 10^9 bytes per second. */
  public double gbPerS() {
    return bytes / micros / 1e3;
  }

  /** 10^9 multiply-adds per second. */
  public double gmacPerS() {
    return macs / micros / 1e3;
  }

  /** How near the call comes to the limit that binds it; 1 is there. */
  public double share(DeviceLimits limits) {
    return Math.max(gbPerS() / limits.readGbPerS(), gmacPerS() / limits.fmaGmacPerS());
  }
}
