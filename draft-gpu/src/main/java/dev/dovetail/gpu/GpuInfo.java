package dev.dovetail.gpu;

import java.util.OptionalLong;

/**
 * One CUDA device, as the driver describes it.
 *
 * @param ordinal the driver's number of it, from 0
 * @param name what its maker calls it
 * @param computeMajor compute capability, before the point
 * @param computeMinor compute capability, after the point
 * @param totalBytes device memory in all, in bytes
 * @param freeBytes device memory free when it was asked, in bytes; empty where the driver would not
 *     say (a device that another process holds for itself, or one too full for a context)
 */
public record GpuInfo(
    int ordinal,
    String name,
    int computeMajor,
    int computeMinor,
    long totalBytes,
    OptionalLong freeBytes) {

  /** The compute capability as it is usually written: {@code 8.6}. */
  public String computeCapability() {
    return computeMajor + "." + computeMinor;
  }
}
