package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.kernel.LimitsKernel;

/**
 * Measures what a GPU can do at most. Work grows until it takes long enough to be timed, so that
 * small GPUs are done as soon as large ones.
 */
final class GpuLimits {
  /** Far more than a cache holds. */
  private static final long MOST_BYTES = 512L << 20;

  /** Enough for the largest GPU many times over, so that its last blocks cost little. */
  private static final int MOST_BLOCKS = 1 << 14;

  private static final int READ_BLOCKS = 1 << 12;
  private static final int FIRST_BLOCKS = 16;
  private static final int FIRST_ROUNDS = 16;
  private static final int LONG_ENOUGH_NANOS = 10_000_000;
  private static final int REPEATS = 16;
  private static final int BYTES_A_LOAD = 4 * Float.BYTES;

  private final DeviceMemory memory;
  private final Staging staging;
  private final LimitsKernel kernel;

  GpuLimits(GpuDriver driver, DeviceMemory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
    kernel = new LimitsKernel(driver);
  }

  /** All three; takes memory meanwhile, half of what is left at most. */
  DeviceLimits measure() {
    double fma = fmaGmacPerS(); // first, as it wakes the GPU best
    return new DeviceLimits(readGbPerS(), fma, launchMicros());
  }

  private double readGbPerS() {
    long most = Math.min(MOST_BYTES, memory.left() / 2);
    int fours = Math.toIntExact(Math.max(1, most / BYTES_A_LOAD));
    int blocks = Math.clamp(fours / LimitsKernel.THREADS, 1, READ_BLOCKS);
    try (DeviceMemory.Block data = memory.allocate((long) fours * BYTES_A_LOAD);
        DeviceMemory.Block out = sums(blocks)) {
      double best = 0;
      int launches = 1;
      for (int i = 0; i < REPEATS; ) {
        int count = launches;
        long nanos =
            timed(() -> {
              for (int k = 0; k < count; k++) {
                kernel.launchRead(data.address(), fours, blocks, out.address());
              }
            });
        best = Math.max(best, (double) launches * data.bytes() / nanos);
        if (nanos < LONG_ENOUGH_NANOS) {
          launches *= 2;
        } else {
          i++;
        }
      }
      return best;
    }
  }

  private double fmaGmacPerS() {
    int blocks = FIRST_BLOCKS;
    int rounds = FIRST_ROUNDS;
    try (DeviceMemory.Block out = sums(MOST_BLOCKS)) {
      double best = 0;
      for (int i = 0; i < REPEATS; ) {
        int b = blocks;
        int r = rounds;
        long nanos = timed(() -> kernel.launchFma(r, b, out.address()));
        double macs = (double) rounds * LimitsKernel.FMAS * blocks * LimitsKernel.THREADS;
        best = Math.max(best, macs / nanos);
        if (nanos >= LONG_ENOUGH_NANOS) {
          i++;
        } else if (blocks < MOST_BLOCKS) {
          blocks *= 2;
        } else {
          rounds *= 2;
        }
      }
      return best;
    }
  }

  private double launchMicros() {
    try (DeviceMemory.Block out = sums(1)) {
      long best = Long.MAX_VALUE;
      for (int i = 0; i < 4 * REPEATS; i++) {
        best = Math.min(best, timed(() -> kernel.launchFma(0, 1, out.address())));
      }
      return best / 1e3;
    }
  }

  private DeviceMemory.Block sums(int blocks) {
    return memory.allocate((long) blocks * LimitsKernel.THREADS * Float.BYTES);
  }

  private long timed(Runnable work) {
    staging.waitForAll();
    long start = System.nanoTime();
    work.run();
    staging.waitForAll();
    return Math.max(1, System.nanoTime() - start);
  }
}
