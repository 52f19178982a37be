package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code rank.cu}: two kernels, and the memory between them. */
public final class RankKernel extends Kernel {
  /** Most candidates of a row. */
  public static final int MOST_WANTED = 64;

  private static final int PART = 2048;
  private static final int THREADS = 256;
  private static final int GROUP_SIZE = 256;

  public RankKernel(GpuDriver driver) {
    super(driver, "rank");
  }

  /**
   * What rows are ranked by.
   *
   * @param position of the candidates in the sequence
   * @param greedy whether there is neither noise nor temperature
   * @param penalty see {@link Penalised}
   * @param wanted candidates of a row, up to {@link #MOST_WANTED}
   * @param tokens of the target's vocabulary
   */
  public record Settings(
      long seed,
      int position,
      boolean greedy,
      float temperature,
      float penalty,
      int wanted,
      int tokens) {}

  /**
   * The entries that are penalised, as addresses of integers; both 0 for none.
   *
   * @param start {@code [n + 1]}: where a row's begin
   * @param entries of all rows; one may come twice
   */
  public record Penalised(long start, long entries) {
    /** No row has any. */
    public static final Penalised NONE = new Penalised(0, 0);
  }

  /** Bytes that a launch works in. */
  public static long scratchBytes(int n, int width, int wanted) {
    return (long) n * parts(width) * (3 * wanted + 2) * Float.BYTES;
  }

  /** Bytes of the result. */
  public static long resultBytes(int n, int wanted) {
    return 2L * n * wanted * Integer.BYTES;
  }

  /**
   * Ranks rows.
   *
   * @param vocabulary the address of {@code [logits.width]} ascending tokens; 0 where entry and
   *     token are the same
   * @param scratch the address of {@link #scratchBytes}
   * @param out the address of {@code [n][wanted][2]} integers: a token, or -1 for none, and the
   *     bits of its log-probability
   */
  public void launch(
      FloatRows logits,
      long vocabulary,
      Penalised penalised,
      Settings settings,
      int n,
      long scratch,
      long out) {
    int parts = parts(logits.width());
    int wanted = settings.wanted();
    long plane = (long) n * parts * Float.BYTES;
    long values = scratch + plane * wanted;
    long tokens = values + plane * wanted;
    long largest = tokens + plane * wanted;
    long sums = largest + plane;
    // A part of neighbouring tokens begins with a group, one of a draft's vocabulary anywhere.
    int groups = ((vocabulary == 0 ? PART : settings.tokens()) - 1) / GROUP_SIZE + 1;
    float temperature = settings.greedy() ? 1 : settings.temperature();
    int greedy = settings.greedy() ? 1 : 0;
    launch(
        "rank_parts",
        new Grid(n, parts, THREADS, groups * (Float.BYTES + 1)),
        arguments()
            .pointer(logits.address())
            .pointer(vocabulary)
            .pointer(penalised.start())
            .pointer(penalised.entries())
            .pointer(scratch)
            .pointer(values)
            .pointer(tokens)
            .pointer(largest)
            .pointer(sums)
            .pointer(settings.seed())
            .integer(logits.width())
            .integer(logits.stride())
            .integer(wanted)
            .integer(groups)
            .integer(settings.position())
            .integer(greedy)
            .floating(temperature)
            .floating(settings.penalty()));
    launch(
        "rank_merge",
        new Grid(n, 1, THREADS, 0),
        arguments()
            .pointer(scratch)
            .pointer(values)
            .pointer(tokens)
            .pointer(largest)
            .pointer(sums)
            .pointer(out)
            .integer(parts)
            .integer(wanted)
            .integer(greedy)
            .floating(temperature));
  }

  private static int parts(int width) {
    return (width - 1) / PART + 1;
  }
}
