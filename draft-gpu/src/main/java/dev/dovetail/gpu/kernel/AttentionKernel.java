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
   * Attends.
   *
   * @param q {@code [n][heads * headDim]}
   * @param out likewise
   */
  public void launch(
      KvPages kv,
      int layer,
      TreeNodes nodes,
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
            .pointer(nodes.paths())
            .pointer(nodes.pathStarts())
            .pointer(nodes.pathLengths())
            .pointer(nodes.prefix())
            .integer(layer)
            .integer(headDim)
            .integer(heads / (kv.width() / headDim))
            .integer(q.stride())
            .integer(out.stride())
            .floating(scale));
  }
}
