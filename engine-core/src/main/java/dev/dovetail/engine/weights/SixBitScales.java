package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * The head of a Q4_K or Q5_K block, 16 bytes: an f16 unit of scales, an f16 unit of mins, then
 * eight scales and eight mins of 6 bits in 12 bytes. The first four of each lie in the low 6 bits
 * of bytes 0 to 3 and 4 to 7; of the last four, the low halves share bytes 8 to 11 and the top two
 * bits fill bytes 0 to 7.
 */
final class SixBitScales {
  static final int BYTES = 16;

  private static final int LOW_HALVES = 0x0F0F0F0F;
  private static final int BITS_4_AND_5 = 0x30303030;
  private static final int LOW_SIX = 0x3F3F3F3F;

  private SixBitScales() {}

  static void decode(MemorySegment block, long offset, float[] scales, float[] mins, int group) {
    float scaleUnit = PackedBytes.loadHalf(block, offset);
    float minUnit = PackedBytes.loadHalf(block, offset + 2);
    int scaleBits = PackedBytes.loadInt(block, offset + 4);
    int minBits = PackedBytes.loadInt(block, offset + 8);
    int lateBits = PackedBytes.loadInt(block, offset + 12);
    int lateScales = (lateBits & LOW_HALVES) | ((scaleBits >>> 2) & BITS_4_AND_5);
    int lateMins = ((lateBits >>> 4) & LOW_HALVES) | ((minBits >>> 2) & BITS_4_AND_5);
    put(scaleUnit, scaleBits & LOW_SIX, lateScales, scales, group);
    // The file's mins are subtracted; a - b and a + (-b) are the same in every bit.
    put(-minUnit, minBits & LOW_SIX, lateMins, mins, group);
  }

  private static void put(float unit, int first, int last, float[] out, int at) {
    for (int i = 0; i < 4; i++) {
      out[at + i] = unit * ((first >>> (8 * i)) & 0x3F);
      out[at + 4 + i] = unit * ((last >>> (8 * i)) & 0x3F);
    }
  }
}
