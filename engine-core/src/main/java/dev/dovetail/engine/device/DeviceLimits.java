package dev.dovetail.engine.device;

/**
 * What a device can do at most, measured: every pass is bound by one of the two (the roofline of
 * Williams et al. 2009).
 *
 * @param readGbPerS 10^9 bytes per second read from memory that no cache holds, by all threads
 * @param fmaGmacPerS 10^9 f32 multiply-adds per second in registers, by all threads
 * @param barrierMicros what it takes to share an operation out among the threads and to wait for
 *     all of them
 */
public record DeviceLimits(double readGbPerS, double fmaGmacPerS, double barrierMicros) {
  /** The better of two measurements each: a limit is what was ever reached. */
  public DeviceLimits best(DeviceLimits other) {
    return new DeviceLimits(
        Math.max(readGbPerS, other.readGbPerS),
        Math.max(fmaGmacPerS, other.fmaGmacPerS),
        Math.min(barrierMicros, other.barrierMicros));
  }
}
