package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q3_K: 32 bytes of top bits, 64 bytes of low bit pairs, 16 scales of 6 bits in 12 bytes, an f16
 * unit of scales. The pairs lie as in Q2_K; the top bits of the block's run r of 32 weights are bit
 * r of the 32 bytes. A quant is the 3 bits less 4, a scale its 6 bits less 32: scales 0 to 7 and 8
 * to 15 have their low halves in the two halves of bytes 0 to 7, and scale i its top two in byte 8
 * + i % 4, from bit 2 (i / 4) on.
 */
final class Q3KFormat implements QuantFormat {
  private static final int PAIRS = 32;
  private static final int SCALES = 96;
  private static final int UNIT = 108;

  @Override
  public int groupSize() {
    return 16;
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
    decodeScales(block, offset, scales, mins, group);
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 32; i += 8) {
        long tops = PackedBytes.load(block, offset + i);
        long pairs = PackedBytes.load(block, offset + PAIRS + 32L * half + i);
        for (int run = 0; run < 4; run++) {
          long threeBits =
              PackedBytes.bits(pairs, 2 * run, 2)
                  | (PackedBytes.bits(tops, 4 * half + run, 1) << 2);
          PackedBytes.store(
              quants, at + 128 * half + 32 * run + i, PackedBytes.minus(threeBits, 4));
        }
      }
    }
  }

  private static void decodeScales(
      MemorySegment block, long offset, float[] scales, float[] mins, int group) {
    float unit = PackedBytes.loadHalf(block, offset + UNIT);
    long lows = PackedBytes.load(block, offset + SCALES);
    int tops = PackedBytes.loadInt(block, offset + SCALES + 8);
    for (int half = 0; half < 2; half++) {
      long low = PackedBytes.bits(lows, 4 * half, 4);
      for (int j = 0; j < 8; j++) {
        int i = 8 * half + j;
        int top = (tops >>> (8 * (i % 4) + 2 * (i / 4))) & 3;
        scales[group + i] = unit * ((PackedBytes.signedByte(low, j) | (top << 4)) - 32);
        mins[group + i] = 0;
      }
    }
  }
}
