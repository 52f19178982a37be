package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code gather.cu}. */
public final class GatherKernel extends Kernel {
  public GatherKernel(GpuDriver driver) {
    super(driver, "gather");
  }

  /**
   * Copies rows.
   *
   * @param indices the address of {@code [n]} integers
   * @param out apart from {@code source}
   */
  public void launch(FloatRows source, long indices, int n, FloatRows out) {
    launch(
        "gather",
        columns(n, out.width()),
        arguments()
            .pointer(source.address())
            .pointer(indices)
            .pointer(out.address())
            .integer(out.width())
            .integer(source.stride())
            .integer(out.stride()));
  }
}
