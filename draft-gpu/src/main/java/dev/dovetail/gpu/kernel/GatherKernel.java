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
   * @param indices the address of {@code [n]} integers; 0 for all in their order
   * @param offset added to each index
   * @param out apart from {@code source}
   */
  public void launch(FloatRows source, long indices, int offset, int n, FloatRows out) {
    launch(
        "gather",
        columns(n, out.width()),
        arguments()
            .pointer(source.address())
            .pointer(indices)
            .pointer(out.address())
            .integer(offset)
            .integer(out.width())
            .integer(source.stride())
            .integer(out.stride()));
  }
}
