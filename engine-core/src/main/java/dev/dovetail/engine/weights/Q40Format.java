package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q4_0: an f16 scale, then 16 bytes; byte j holds weight j in its low half and j + 16 in its high
 * half.
 */
final class Q40Format implements QuantFormat {
  @Override
  public int groupSize() {
    return 32;
  }

  @Override
  public boolean hasMin() {
    return false;
  }

  @Override
  public void decode(
      MemorySegment block,
      long offset,
      byte[] quants,
      int at,
      float[] scales,
      float[] mins,
      int group) {
    scales[group] = PackedBytes.loadHalf(block, offset);
    mins[group] = 0;
    for (int i = 0; i < 16; i += 8) {
      long bytes = PackedBytes.load(block, offset + 2 + i);
      PackedBytes.store(quants, at + i, PackedBytes.minus(PackedBytes.bits(bytes, 0, 4), 8));
      PackedBytes.store(quants, at + 16 + i, PackedBytes.minus(PackedBytes.bits(bytes, 4, 4), 8));
    }
  }
}
