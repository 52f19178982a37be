package dev.dovetail.cpu;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Rows;

/** Activations on the heap, where the collector finds them: closing does nothing. */
final class CpuBuffer implements Buffer {
  private final float[] values;

  /** A buffer over the array itself. */
  CpuBuffer(float[] values) {
    this.values = values;
  }

  /** The numbers behind a view. */
  static float[] of(Rows rows) {
    return of(rows.buffer());
  }

  /** The numbers of a buffer, which must be of a CPU device. */
  static float[] of(Buffer buffer) {
    if (buffer instanceof CpuBuffer cpu) {
      return cpu.values;
    }
    throw new IllegalArgumentException(
        "a CPU device cannot read a " + buffer.getClass().getSimpleName());
  }

  @Override
  public int length() {
    return values.length;
  }

  @Override
  public void close() {}
}
