package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code attention.cu}. */
public final class AttentionKernel extends Kernel {
  private static final int LEAST_THREADS = 128;

  public AttentionKernel(GpuDriver driver) {
    super(driver, "attention");
  }

  /**
   * The ancestors of a pass's nodes, as addresses of integers.
   *
   * @param nodes all paths, each from the eldest to the node itself, as nodes of the tree
   * @param start {@code [n]}: where a node's path begins
   * @param length {@code [n]}
   */
  public record Paths(long nodes, long start, long length) {}

  /**
   * Attends.
   *
   * @param prefix committed tokens
   * @param q {@code [n][heads * headDim]}
   * @param out likewise
   */
  public void launch(
      KvPages kv,
      int layer,
      int prefix,
      Paths paths,
      int headDim,
      FloatRows q,
      float scale,
      int n,
      FloatRows out) {
    int heads = q.width() / headDim;
    int threads = Math.max(LEAST_THREADS, (headDim + 31) / 32 * 32);
    launch(
        "attention_" + kv.type(),
        new Grid(heads, n, threads, headDim * Float.BYTES),
        kv.write(arguments())
            .pointer(q.address())
            .pointer(out.address())
            .pointer(paths.nodes())
            .pointer(paths.start())
            .pointer(paths.length())
            .integer(prefix)
            .integer(layer)
            .integer(headDim)
            .integer(heads / (kv.width() / headDim))
            .integer(q.stride())
            .integer(out.stride())
            .floating(scale));
  }
}
