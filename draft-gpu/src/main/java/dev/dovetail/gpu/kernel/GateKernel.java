package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code gate.cu}: the gate of Dynamic Gating Fusion. */
public final class GateKernel extends Kernel {
  public GateKernel(GpuDriver driver) {
    super(driver, "gate");
  }

  /** {@code out = s * h1 + (1 - s) * h2} with {@code s = sigmoid(z)}. */
  public void launch(FloatRows z, FloatRows h1, FloatRows h2, int n, FloatRows out) {
    launch(
        "gate",
        columns(n, out.width()),
        arguments()
            .pointer(z.address())
            .pointer(h1.address())
            .pointer(h2.address())
            .pointer(out.address())
            .integer(out.width())
            .integer(z.stride())
            .integer(h1.stride())
            .integer(h2.stride())
            .integer(out.stride()));
  }
}
