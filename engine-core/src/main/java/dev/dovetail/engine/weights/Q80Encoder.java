package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Q8_0: the largest magnitude becomes 127, the others are rounded, halves away from zero. */
final class Q80Encoder implements QuantEncoder {
  private static final int SIZE = 32;

  @Override
  public int reach() {
    return 127;
  }

  @Override
  public void encode(float[] values, int at, MemorySegment block, long offset) {
    float largest = 0;
    for (int i = at; i < at + SIZE; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    float scale = largest / reach();
    float inverse = QuantEncoder.inverse(scale);
    PackedBytes.storeHalf(block, offset, scale);
    for (int i = 0; i < SIZE; i++) {
      block.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte) rounded(values[at + i] * inverse));
    }
  }

  /** To the nearest integer; adding a half first would round, and take what is just below it up. */
  private static int rounded(float value) {
    int whole = (int) value;
    return whole + (int) (2 * (value - whole));
  }
}
