package dev.dovetail.gpu.kernel;

import dev.dovetail.gpu.driver.GpuDriver;

/** {@code kv_commit.cu}. */
public final class KvCommitKernel extends Kernel {
  public KvCommitKernel(GpuDriver driver) {
    super(driver, "kv_commit");
  }

  /**
   * Moves slots to where the prefix ends.
   *
   * @param slots the address of {@code [count]} integers, ascending, each at least {@code to} and
   *     its index
   * @param to the first slot to write to
   */
  public void launch(KvPages kv, int layers, long slots, int to, int count) {
    launch(
        "kv_commit_" + kv.type(),
        columns(2 * layers, kv.width()),
        kv.write(arguments()).pointer(slots).integer(to).integer(count));
  }
}
