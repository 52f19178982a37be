package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Grid;

/** {@code rope.cu}. */
public final class RopeKernel extends Kernel {
  public RopeKernel(GpuDriver driver) {
    super(driver, "rope");
  }

  /**
   * Rotates heads.
   *
   * @param angles {@code [n][2 * pairs]}: cosines, then sines
   */
  public void launch(FloatRows angles, boolean interleaved, int headDim, int n, FloatRows inOut) {
    int pairs = angles.width() / 2;
    launch(
        "rope",
        new Grid(n, inOut.width() / headDim, (pairs + 31) / 32 * 32, 0),
        arguments()
            .pointer(angles.address())
            .pointer(inOut.address())
            .integer(pairs)
            .integer(headDim)
            .integer(angles.stride())
            .integer(inOut.stride())
            .integer(interleaved ? 1 : 0));
  }
}
