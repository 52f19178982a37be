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
   * What a tree's candidates are ranked by; the kernels find it in the GPU's memory.
   *
   * @param length tokens of the sequence that the tree hangs from
   * @param greedy whether there is neither noise nor temperature
   * @param penalty of tokens seen lately
   * @param window how many of the last tokens that is; 0 for none
   * @param recent how many of the sequence's last tokens are known: as many as there are of those
   *     in the window
   */
  public record Settings(
      long seed,
      int length,
      boolean greedy,
      float temperature,
      float penalty,
      int window,
      int recent) {
    /** Integers that it takes. */
    public static final int INTS = 8;

    /** Writes the struct, which begins at a multiple of 8 bytes of the GPU's memory. */
    public void write(int[] to, int at) {
      to[at] = (int) seed;
      to[at + 1] = (int) (seed >>> 32);
      to[at + 2] = length;
      to[at + 3] = greedy ? 1 : 0;
      to[at + 4] = Float.floatToRawIntBits(greedy ? 1 : temperature);
      to[at + 5] = Float.floatToRawIntBits(penalty);
      to[at + 6] = window;
      to[at + 7] = recent;
    }
  }

  /**
   * Where that lies, as addresses.
   *
   * @param settings of {@link Settings}
   * @param recent the sequence's last tokens
   * @param tokens those of the tree's nodes
   * @param vocabulary ascending tokens of a row's entries; 0 where entry and token are the same
   * @param tokensOfTarget how many the target's vocabulary has
   */
  public record Source(
      long settings, long recent, long tokens, long vocabulary, int tokensOfTarget) {}

  /**
   * The rows of a level's nodes.
   *
   * @param paths the address of {@code [n][pathStride]}: the path to each row's node
   * @param depth of the candidates: nodes of such a path
   * @param n how many rows
   * @param wanted candidates of a row, up to {@link #MOST_WANTED}
   */
  public record Level(long paths, int pathStride, int depth, int n, int wanted) {}

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
   * @param scratch the address of {@link #scratchBytes}
   * @param out the address of {@code [n][wanted][2]} integers: a token, or -1 for none, and the
   *     bits of its log-probability
   */
  public void launch(FloatRows logits, Source source, Level level, long scratch, long out) {
    int n = level.n();
    int wanted = level.wanted();
    int parts = parts(logits.width());
    long plane = (long) n * parts * Float.BYTES;
    long values = scratch + plane * wanted;
    long tokens = values + plane * wanted;
    long largest = tokens + plane * wanted;
    long sums = largest + plane;
    // A part of neighbouring tokens begins with a group, one of a draft's vocabulary anywhere.
    int groups = ((source.vocabulary() == 0 ? PART : source.tokensOfTarget()) - 1) / GROUP_SIZE + 1;
    launch(
        "rank_parts",
        new Grid(n, parts, THREADS, groups * (Float.BYTES + 1)),
        arguments()
            .pointer(logits.address())
            .pointer(source.vocabulary())
            .pointer(source.settings())
            .pointer(source.recent())
            .pointer(source.tokens())
            .pointer(level.paths())
            .pointer(scratch)
            .pointer(values)
            .pointer(tokens)
            .pointer(largest)
            .pointer(sums)
            .integer(logits.width())
            .integer(logits.stride())
            .integer(wanted)
            .integer(groups)
            .integer(level.depth())
            .integer(level.pathStride()));
    launch(
        "rank_merge",
        new Grid(n, 1, THREADS, 0),
        arguments()
            .pointer(scratch)
            .pointer(values)
            .pointer(tokens)
            .pointer(largest)
            .pointer(sums)
            .pointer(source.settings())
            .pointer(out)
            .integer(parts)
            .integer(wanted));
  }

  private static int parts(int width) {
    return (width - 1) / PART + 1;
  }
}
