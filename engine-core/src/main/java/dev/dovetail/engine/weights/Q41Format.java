package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/** Q4_1: an f16 scale, an f16 min, then 16 bytes of halves as in Q4_0; quants are 0 to 15. */
final class Q41Format implements QuantFormat {
  @Override
  public int groupSize() {
    return 32;
  }

  @Override
  public boolean hasMin() {
    return true;
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
    mins[group] = PackedBytes.loadHalf(block, offset + 2);
    for (int i = 0; i < 16; i += 8) {
      long bytes = PackedBytes.load(block, offset + 4 + i);
      PackedBytes.store(quants, at + i, PackedBytes.bits(bytes, 0, 4));
      PackedBytes.store(quants, at + 16 + i, PackedBytes.bits(bytes, 4, 4));
    }
  }
}
