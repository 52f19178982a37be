package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Q4_0: the weight of the largest magnitude, the first of equals, becomes -8; integers end at 7.
 */
final class Q40Encoder implements QuantEncoder {
  private static final int SIZE = 32;
  private static final int ZERO = 8;
  private static final int MAX = 15;

  @Override
  public int reach() {
    return ZERO;
  }

  @Override
  public void encode(float[] values, int at, MemorySegment block, long offset) {
    float largest = values[at];
    for (int i = at + 1; i < at + SIZE; i++) {
      if (Math.abs(values[i]) > Math.abs(largest)) {
        largest = values[i];
      }
    }
    float scale = largest / -reach();
    float inverse = QuantEncoder.inverse(scale);
    PackedBytes.storeHalf(block, offset, scale);
    for (int i = 0; i < SIZE / 2; i++) {
      int low = nibble(values[at + i] * inverse);
      int high = nibble(values[at + SIZE / 2 + i] * inverse);
      block.set(ValueLayout.JAVA_BYTE, offset + 2 + i, (byte) (low | high << 4));
    }
  }

  private static int nibble(float value) {
    return Math.min((int) (value + (ZERO + 0.5f)), MAX);
  }
}
