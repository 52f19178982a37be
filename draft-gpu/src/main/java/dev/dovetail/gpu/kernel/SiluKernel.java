package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code silu.cu}. */
public final class SiluKernel extends Kernel {
  public SiluKernel(GpuDriver driver) {
    super(driver, "silu");
  }

  /** {@code inOut = silu(inOut)}. */
  public void launch(int n, FloatRows inOut) {
    launch(
        "silu",
        columns(n, inOut.width()),
        arguments().pointer(inOut.address()).integer(inOut.width()).integer(inOut.stride()));
  }

  /** {@code out = silu(gate) * up}. */
  public void launchMul(FloatRows gate, FloatRows up, int n, FloatRows out) {
    launch(
        "silu_mul",
        columns(n, out.width()),
        arguments()
            .pointer(gate.address())
            .pointer(up.address())
            .pointer(out.address())
            .integer(out.width())
            .integer(gate.stride())
            .integer(up.stride())
            .integer(out.stride()));
  }
}
