package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.TokenIds;

/** The token of each row of a head, in the GPU's memory and, for the penalty, on the host. */
record GpuTokenIds(DeviceMemory.Block block, int[] ids) implements TokenIds {
  @Override
  public void close() {
    block.close();
  }
}
