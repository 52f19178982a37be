package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q5_K: {@link SixBitScales}, 32 bytes of top bits, then halves as in Q4_K; the top bits of group g
 * are bit g of the 32 bytes.
 */
final class Q5KFormat implements QuantFormat {
  private static final int HALVES = SixBitScales.BYTES + 32;

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
    SixBitScales.decode(block, offset, scales, mins, group);
    for (int i = 0; i < 32; i += 8) {
      long tops = PackedBytes.load(block, offset + SixBitScales.BYTES + i);
      for (int pair = 0; pair < 4; pair++) {
        long halves = PackedBytes.load(block, offset + HALVES + 32L * pair + i);
        long low = PackedBytes.bits(halves, 0, 4) | (PackedBytes.bits(tops, 2 * pair, 1) << 4);
        long high = PackedBytes.bits(halves, 4, 4) | (PackedBytes.bits(tops, 2 * pair + 1, 1) << 4);
        PackedBytes.store(quants, at + 64 * pair + i, low);
        PackedBytes.store(quants, at + 64 * pair + 32 + i, high);
      }
    }
  }
}
