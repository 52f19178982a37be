package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q4_K: {@link SixBitScales}, then four times 32 bytes, whose low halves are a group and high
 * halves the next.
 */
final class Q4KFormat implements QuantFormat {
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
    for (int pair = 0; pair < 4; pair++) {
      long from = offset + SixBitScales.BYTES + 32L * pair;
      int to = at + 64 * pair;
      for (int i = 0; i < 32; i += 8) {
        long bytes = PackedBytes.load(block, from + i);
        PackedBytes.store(quants, to + i, PackedBytes.bits(bytes, 0, 4));
        PackedBytes.store(quants, to + 32 + i, PackedBytes.bits(bytes, 4, 4));
      }
    }
  }
}
