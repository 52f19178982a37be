package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code matmul_*.cu}, of one type of weights. */
public final class MatmulKernel extends Kernel {
  private static final int WARPS = 4;
  private static final int MOST_TOKENS = 16;

  private final String name;

  /**
   * @param type see {@link Planes#type}
   */
  public MatmulKernel(GpuDriver driver, String type) {
    super(driver, "matmul_" + type);
    name = "matmul_" + type + "_";
  }

  /**
   * Multiplies.
   *
   * @param rows of the weights
   * @param x {@code [n][cols]}; address and stride are multiples of 16 bytes
   * @param n tokens
   * @param add whether to add to what is there
   * @param out {@code [n][rows]}
   */
  public void launch(Planes w, int rows, FloatRows x, int n, boolean add, FloatRows out) {
    int tokens = Math.min(MOST_TOKENS, n == 1 ? 1 : 2 * Integer.highestOneBit(n - 1));
    launch(
        name + tokens,
        new Grid((rows - 1) / WARPS + 1, (n - 1) / tokens + 1, 32 * WARPS, 0),
        w.write(arguments())
            .pointer(x.address())
            .pointer(out.address())
            .integer(rows)
            .integer(x.width())
            .integer(x.stride())
            .integer(out.stride())
            .integer(n)
            .integer(add ? 1 : 0));
  }
}
