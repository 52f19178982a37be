package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Candidates;
import dev.dovetail.engine.device.Ranking;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.kernel.FloatRows;
import dev.dovetail.gpu.kernel.RankKernel;
import dev.dovetail.gpu.kernel.RankKernel.Penalised;
import dev.dovetail.gpu.kernel.RankKernel.Settings;
import java.util.Arrays;

/**
 * Ranks rows of logits where they lie: up goes which entries are penalised, down come the
 * candidates, in one copy each. Keeps memory for as much as was asked at most. For one thread at a
 * time.
 */
final class GpuRanking implements AutoCloseable {
  private final DeviceMemory memory;
  private final Staging staging;
  private final RankKernel kernel;
  private DeviceMemory.Block block;
  private int[] penalised = new int[0];
  private int[] result = new int[0];

  GpuRanking(GpuDriver driver, DeviceMemory memory, Staging staging) {
    this.memory = memory;
    this.staging = staging;
    kernel = new RankKernel(driver);
  }

  /** See {@link dev.dovetail.engine.device.Device#rank}. */
  void rank(FloatRows logits, int n, Ranking ranking, Candidates out) {
    int width = ranking.width();
    if (width > RankKernel.MOST_WANTED) {
      throw new IllegalArgumentException(
          "a width of %d; wanted up to %d".formatted(width, RankKernel.MOST_WANTED));
    }
    boolean penalises = ranking.sampler().options().penalises();
    int penalisedCount = penalises ? writePenalised(logits.width(), n, ranking) : 0;
    long penalisedBytes = (long) penalisedCount * Integer.BYTES;
    long resultBytes = RankKernel.resultBytes(n, width);
    long scratchBytes = RankKernel.scratchBytes(n, logits.width(), width);
    reserve(resultBytes + scratchBytes + penalisedBytes);
    long results = block.address();
    long scratch = results + resultBytes;
    long starts = scratch + scratchBytes;
    staging.send(penalised, penalisedCount, starts);
    kernel.launch(
        logits,
        ranking.vocabulary() == null ? 0 : ((GpuTokenIds) ranking.vocabulary()).block().address(),
        penalises ? new Penalised(starts, starts + (n + 1L) * Integer.BYTES) : Penalised.NONE,
        settings(ranking),
        n,
        scratch,
        results);
    read(results, n, width, out);
  }

  private static Settings settings(Ranking ranking) {
    SamplingOptions options = ranking.sampler().options();
    return new Settings(
        options.seed(),
        ranking.length(),
        options.greedy(),
        options.temperature(),
        options.repeatPenalty(),
        ranking.width(),
        ranking.sampler().vocabulary());
  }

  /** Where each row's entries begin, then all entries; gives how many integers that is. */
  private int writePenalised(int logits, int n, Ranking ranking) {
    int count = n + 1;
    for (int i = 0; i < n; i++) {
      int[] entries =
          ranking
              .sampler()
              .penalisedEntries(
                  logits, ranking.ids(), ranking.contexts().apply(i), ranking.length());
      if (penalised.length < count + entries.length) {
        penalised = Arrays.copyOf(penalised, 2 * (count + entries.length));
      }
      penalised[i] = count - (n + 1);
      System.arraycopy(entries, 0, penalised, count, entries.length);
      count += entries.length;
    }
    penalised[n] = count - (n + 1);
    return count;
  }

  private void reserve(long bytes) {
    if (block == null || block.bytes() < bytes) {
      close();
      block = memory.allocate(bytes);
    }
  }

  private void read(long results, int n, int width, Candidates out) {
    int count = 2 * n * width;
    if (result.length < count) {
      result = new int[count];
    }
    staging.receive(results, result, count);
    out.begin(n, width);
    for (int at = 0; at < count; at += 2) {
      if (result[at] >= 0) {
        out.add(at / 2 / width, result[at], Float.intBitsToFloat(result[at + 1]));
      }
    }
  }

  /** Memory that it keeps. */
  long bytes() {
    return block == null ? 0 : block.bytes();
  }

  @Override
  public void close() {
    if (block != null) {
      block.close();
      block = null;
    }
  }
}
