package dev.dovetail.cpu;

import dev.dovetail.engine.device.DeviceLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Measures what the memory and the FMA units of this machine give the pool's threads. */
final class CpuLimits {
  /** More than any cache holds. */
  private static final long MEMORY_BYTES = 512L << 20;

  private static final int CHUNK_BYTES = 1 << 20;

  /** Of one part: some hundredths of a millisecond, so that no thread waits long for another. */
  private static final int STEPS = 50_000;

  private static final int BUSY_PARTS_PER_THREAD = 64;

  private static final int BARRIERS = 1000;

  /** As many as a multiplication has, or more. */
  private static final int EMPTY_PARTS_PER_THREAD = 16;

  /** The first ones are also the kernels' warm-up. */
  private static final int RUNS = 30;

  private final WorkerPool pool;
  private final LimitKernels kernels;

  /** What was computed, so that it has to be. */
  private volatile double seen;

  CpuLimits(WorkerPool pool, LimitKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
  }

  /** The best of {@value #RUNS} runs each: others of this machine can only lower them. */
  DeviceLimits measure() {
    return new DeviceLimits(readGbPerS(), fmaGmacPerS(), barrierMicros());
  }

  private double readGbPerS() {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(MEMORY_BYTES, CHUNK_BYTES);
      int chunks = (int) (MEMORY_BYTES / CHUNK_BYTES);
      // Pages that were never written may all be one page of zeros, which a cache holds.
      pool.run(
          chunks,
          (chunk, worker) ->
              memory.asSlice((long) chunk * CHUNK_BYTES, CHUNK_BYTES).fill((byte) chunk));
      double nanos =
          bestNanos(() ->
              pool.run(
                  chunks,
                  (chunk, worker) ->
                      seen = kernels.read(memory, (long) chunk * CHUNK_BYTES, CHUNK_BYTES)));
      return MEMORY_BYTES / nanos;
    }
  }

  private double fmaGmacPerS() {
    int parts = BUSY_PARTS_PER_THREAD * pool.threads();
    double nanos =
        bestNanos(() -> pool.run(parts, (part, worker) -> seen = kernels.multiplyAdd(STEPS)));
    return (double) parts * STEPS * LimitKernels.CHAINS * kernels.lanes() / nanos;
  }

  private double barrierMicros() {
    int parts = EMPTY_PARTS_PER_THREAD * pool.threads();
    double nanos =
        bestNanos(() -> {
          for (int i = 0; i < BARRIERS; i++) {
            pool.run(parts, (part, worker) -> {});
          }
        });
    return nanos / BARRIERS / 1e3;
  }

  private static double bestNanos(Runnable work) {
    long best = Long.MAX_VALUE;
    for (int run = 0; run < RUNS; run++) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }
}
