package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code embed.cu}. */
public final class EmbedKernel extends Kernel {
  public EmbedKernel(GpuDriver driver) {
    super(driver, "embed");
  }

  /**
   * Reads rows of a table.
   *
   * @param ids the address of {@code [n]} integers
   */
  public void launch(Planes table, long ids, int n, FloatRows out) {
    launch(
        "embed_" + table.type(),
        columns(n, (out.width() + 7) / 8),
        table
            .write(arguments())
            .pointer(ids)
            .pointer(out.address())
            .integer(out.width())
            .integer(out.stride()));
  }
}
