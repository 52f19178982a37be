package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code kv_append.cu}. */
public final class KvAppendKernel extends Kernel {
  public KvAppendKernel(GpuDriver driver) {
    super(driver, "kv_append");
  }

  /** Stores keys and values of {@code n} nodes in the slots from {@code firstSlot} on. */
  public void launch(KvPages kv, int layer, int firstSlot, int n, FloatRows k, FloatRows v) {
    launch(
        "kv_append_" + kv.type(),
        columns(n, kv.width()),
        kv.write(arguments())
            .pointer(k.address())
            .pointer(v.address())
            .integer(k.stride())
            .integer(v.stride())
            .integer(layer)
            .integer(firstSlot));
  }
}
