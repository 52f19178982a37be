package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/** Q5_1: an f16 scale, an f16 min, then top bits and halves as in Q5_0; quants are 0 to 31. */
final class Q51Format implements QuantFormat {
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
    int tops = PackedBytes.loadInt(block, offset + 4);
    for (int i = 0; i < 16; i += 8) {
      long halves = PackedBytes.load(block, offset + 8 + i);
      long low = PackedBytes.bits(halves, 0, 4) | (PackedBytes.spread(tops >>> i) << 4);
      long high = PackedBytes.bits(halves, 4, 4) | (PackedBytes.spread(tops >>> (16 + i)) << 4);
      PackedBytes.store(quants, at + i, low);
      PackedBytes.store(quants, at + 16 + i, high);
    }
  }
}
