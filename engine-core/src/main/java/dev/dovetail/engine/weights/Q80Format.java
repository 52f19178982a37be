package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/** Q8_0: an f16 scale, then 32 signed bytes. */
final class Q80Format implements QuantFormat {
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
    for (int i = 0; i < 32; i += 8) {
      PackedBytes.store(quants, at + i, PackedBytes.load(block, offset + 2 + i));
    }
  }
}
