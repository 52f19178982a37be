package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * IQ4_XS: an f16 unit of scales; 16 bits and then 4 bytes that hold the top two and the low four
 * bits of eight scales, the first lowest; then eight times 16 bytes of halves as in Q4_0, indices
 * into {@link UnevenLevels}. A scale is its 6 bits less 32.
 */
final class Iq4XsFormat implements QuantFormat {
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
    float unit = PackedBytes.loadHalf(block, offset);
    int tops = PackedBytes.loadUnsignedShort(block, offset + 2);
    int lows = PackedBytes.loadInt(block, offset + 4);
    for (int i = 0; i < 8; i++) {
      int sixBits = ((lows >>> (4 * i)) & 0xF) | (((tops >>> (2 * i)) & 3) << 4);
      scales[group + i] = unit * (sixBits - 32);
      mins[group + i] = 0;
      UnevenLevels.decode(block, offset + 8 + 16L * i, quants, at + 32 * i);
    }
  }
}
