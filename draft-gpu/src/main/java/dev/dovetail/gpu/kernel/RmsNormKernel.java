package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code rms_norm.cu}. */
public final class RmsNormKernel extends Kernel {
  private static final int THREADS = 256;

  public RmsNormKernel(GpuDriver driver) {
    super(driver, "rms_norm");
  }

  /**
   * Norms groups of {@code width} numbers, which stand behind each other in a row.
   *
   * @param weight the address of {@code [width]}
   * @param n rows
   * @param out may be {@code x}
   */
  public void launch(FloatRows x, long weight, int width, float epsilon, int n, FloatRows out) {
    launch(
        "rms_norm",
        new Grid(n, x.width() / width, THREADS, 0),
        arguments()
            .pointer(x.address())
            .pointer(weight)
            .pointer(out.address())
            .integer(width)
            .integer(x.stride())
            .integer(out.stride())
            .floating(epsilon));
  }
}
