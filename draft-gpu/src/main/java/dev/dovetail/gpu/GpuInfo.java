package dev.dovetail.gpu;

import dev.dovetail.gpu.driver.GpuException;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One CUDA device, as the driver describes it.
 *
 * @param ordinal the driver's number of it, from 0
 * @param name what its maker calls it
 * @param computeMajor compute capability, before the point
 * @param computeMinor compute capability, after the point
 * @param totalBytes device memory in all, in bytes
 * @param freeBytes device memory free when it was asked, in bytes; empty where no context could be
 *     made to ask in
 * @param refusal what the driver said to that; empty where one was made
 */
public record GpuInfo(
    int ordinal,
    String name,
    int computeMajor,
    int computeMinor,
    long totalBytes,
    OptionalLong freeBytes,
    Optional<GpuException> refusal) {
  /** The oldest that the kernels run on: Maxwell. */
  private static final int OLDEST_MAJOR = 5;

  /** What is left of free memory to the driver, which takes some for kernels as they load. */
  static final long RESERVE_BYTES = 256L << 20;

  /** The compute capability as it is usually written: {@code 8.6}. */
  public String computeCapability() {
    return computeMajor + "." + computeMinor;
  }

  /** Why it cannot be used now, in one line: what was found, what was wanted, what to do. */
  public Optional<String> unusable() {
    return tooOld().or(() -> refusal.map(this::refused)).or(() -> tooFull(freeBytes.orElse(0)));
  }

  Optional<String> tooOld() {
    return computeMajor >= OLDEST_MAJOR
        ? Optional.empty()
        : Optional.of(
            "%s has compute capability %s, and %d.0 or newer is needed"
                .formatted(name, computeCapability(), OLDEST_MAJOR));
  }

  /** What it means that it cannot be opened. */
  String refused(GpuException e) {
    return switch (e.kind()) {
      case OUT_OF_MEMORY ->
          "%s is too full to be opened (%s): other processes hold its %s; nvidia-smi lists them"
              .formatted(name, e.getMessage(), size(totalBytes));
      case LOST, TIMED_OUT ->
          "%s cannot be opened (%s): it has failed, or its compute mode keeps it to another process;"
                  .formatted(name, e.getMessage())
              + " nvidia-smi says which";
      case REFUSED -> "%s cannot be opened: %s".formatted(name, e.getMessage());
    };
  }

  /**
   * Whether too little memory is free for any work.
   *
   * @param free bytes, with this process's context made
   */
  Optional<String> tooFull(long free) {
    return free > RESERVE_BYTES
        ? Optional.empty()
        : Optional.of(
            "%s has %s of %s free, and the driver needs %s of that: other processes hold the rest;"
                    .formatted(name, size(free), size(totalBytes), size(RESERVE_BYTES))
                + " nvidia-smi lists them");
  }

  private static String size(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
