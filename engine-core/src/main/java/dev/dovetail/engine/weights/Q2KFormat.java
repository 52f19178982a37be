package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * Q2_K: 16 bytes, each a group's scale in its low and its min in its high half; 64 bytes of quants;
 * an f16 unit of scales and one of mins. Each half of the block is four runs of 32 weights: run r
 * is bits 2r and 2r + 1 of the same 32 bytes.
 */
final class Q2KFormat implements QuantFormat {
  private static final int QUANTS = 16;
  private static final int UNITS = 80;

  @Override
  public int groupSize() {
    return 16;
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
    float scaleUnit = PackedBytes.loadHalf(block, offset + UNITS);
    float minUnit = -PackedBytes.loadHalf(block, offset + UNITS + 2);
    for (int i = 0; i < 16; i += 8) {
      long bytes = PackedBytes.load(block, offset + i);
      long scaleBits = PackedBytes.bits(bytes, 0, 4);
      long minBits = PackedBytes.bits(bytes, 4, 4);
      for (int j = 0; j < 8; j++) {
        scales[group + i + j] = scaleUnit * PackedBytes.signedByte(scaleBits, j);
        mins[group + i + j] = minUnit * PackedBytes.signedByte(minBits, j);
      }
    }
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < 32; i += 8) {
        long bytes = PackedBytes.load(block, offset + QUANTS + 32L * half + i);
        for (int run = 0; run < 4; run++) {
          PackedBytes.store(
              quants, at + 128 * half + 32 * run + i, PackedBytes.bits(bytes, 2 * run, 2));
        }
      }
    }
  }
}
