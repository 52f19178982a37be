package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.gpu.kernel.FloatRows;

/** f32 numbers in the GPU's memory. */
record GpuBuffer(DeviceMemory.Block block, int length) implements Buffer {
  /** Where a buffer of this device lies. */
  static long address(Buffer buffer) {
    return ((GpuBuffer) buffer).block().address();
  }

  /** The same view, by address. */
  static FloatRows view(Rows rows) {
    return new FloatRows(
        address(rows.buffer()) + (long) rows.offset() * Float.BYTES, rows.width(), rows.stride());
  }

  @Override
  public void close() {
    block.close();
  }
}
