package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code add_bias.cu}. */
public final class AddBiasKernel extends Kernel {
  public AddBiasKernel(GpuDriver driver) {
    super(driver, "add_bias");
  }

  /**
   * Adds to each row.
   *
   * @param bias the address of {@code [width]}
   */
  public void launch(long bias, int n, FloatRows inOut) {
    launch(
        "add_bias",
        columns(n, inOut.width()),
        arguments()
            .pointer(bias)
            .pointer(inOut.address())
            .integer(inOut.width())
            .integer(inOut.stride()));
  }
}
