package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code kv_append.cu}. */
public final class KvAppendKernel extends Kernel {
  public KvAppendKernel(GpuDriver driver) {
    super(driver, "kv_append");
  }

  /**
   * Stores keys and values of a pass's nodes in the slots behind the prefix.
   *
   * @param prefix the address of how many tokens are committed
   * @param first node of the pass
   * @param n its nodes
   */
  public void launch(
      KvPages kv, int layer, long prefix, int first, int n, FloatRows k, FloatRows v) {
    launch(
        "kv_append_" + kv.type(),
        columns(n, kv.width()),
        kv.write(arguments())
            .pointer(k.address())
            .pointer(v.address())
            .pointer(prefix)
            .integer(k.stride())
            .integer(v.stride())
            .integer(layer)
            .integer(first));
  }
}
