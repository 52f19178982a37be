package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code widen.cu}. */
public final class WidenKernel extends Kernel {
  public WidenKernel(GpuDriver driver) {
    super(driver, "widen");
  }

  /**
   * Widens f16 numbers to f32.
   *
   * @param source the address of {@code [n][width]} f16 numbers
   */
  public void launch(long source, int n, FloatRows out) {
    launch(
        "widen",
        columns(n, out.width()),
        arguments()
            .pointer(source)
            .pointer(out.address())
            .integer(out.width())
            .integer(out.stride()));
  }
}
