package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q6_K: 128 bytes of low halves, 64 bytes of top bit pairs, 16 signed scales, an f16 unit of
 * scales. Each half of the block has four runs of 32 weights: runs 0 and 1 are the low, runs 2 and
 * 3 the high halves of the same 64 bytes, and run r takes bits 2r and 2r + 1 of 32 bytes for its
 * top.
 */
final class Q6KFormat implements QuantFormat {
  private static final int TOPS = 128;
  private static final int SCALES = 192;
  private static final int UNIT = 208;

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
    float unit = PackedBytes.loadHalf(block, offset + UNIT);
    for (int i = 0; i < 16; i += 8) {
      long bytes = PackedBytes.load(block, offset + SCALES + i);
      for (int j = 0; j < 8; j++) {
        scales[group + i + j] = unit * PackedBytes.signedByte(bytes, j);
        mins[group + i + j] = 0;
      }
    }
    for (int half = 0; half < 2; half++) {
      decodeHalf(block, offset + 64L * half, offset + TOPS + 32L * half, quants, at + 128 * half);
    }
  }

  private static void decodeHalf(MemorySegment block, long lows, long tops, byte[] quants, int at) {
    for (int i = 0; i < 32; i += 8) {
      long top = PackedBytes.load(block, tops + i);
      long even = PackedBytes.load(block, lows + i);
      long odd = PackedBytes.load(block, lows + 32 + i);
      PackedBytes.store(quants, at + i, join(even, 0, top, 0));
      PackedBytes.store(quants, at + 32 + i, join(odd, 0, top, 2));
      PackedBytes.store(quants, at + 64 + i, join(even, 4, top, 4));
      PackedBytes.store(quants, at + 96 + i, join(odd, 4, top, 6));
    }
  }

  private static long join(long low, int lowShift, long top, int topShift) {
    long sixBits = PackedBytes.bits(low, lowShift, 4) | (PackedBytes.bits(top, topShift, 2) << 4);
    return PackedBytes.minus(sixBits, 32);
  }
}
