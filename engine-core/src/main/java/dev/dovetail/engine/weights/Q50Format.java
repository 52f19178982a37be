package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q5_0: an f16 scale, 32 top bits (bit j is weight j's), then 16 bytes of halves as in Q4_0; quants
 * are 0 to 31, less 16.
 */
final class Q50Format implements QuantFormat {
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
    int tops = PackedBytes.loadInt(block, offset + 2);
    for (int i = 0; i < 16; i += 8) {
      long halves = PackedBytes.load(block, offset + 6 + i);
      long low = PackedBytes.bits(halves, 0, 4) | (PackedBytes.spread(tops >>> i) << 4);
      long high = PackedBytes.bits(halves, 4, 4) | (PackedBytes.spread(tops >>> (16 + i)) << 4);
      PackedBytes.store(quants, at + i, PackedBytes.minus(low, 16));
      PackedBytes.store(quants, at + 16 + i, PackedBytes.minus(high, 16));
    }
  }
}
