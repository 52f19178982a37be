package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * The sixteen levels of the IQ4 types: finer near zero, where weights are many. 32 indices of 4
 * bits lie in 16 bytes; byte j holds weight j in its low half and j + 16 in its high half.
 */
final class UnevenLevels {
  private static final byte[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private UnevenLevels() {}

  static void decode(MemorySegment block, long offset, byte[] quants, int at) {
    for (int i = 0; i < 16; i += 8) {
      long bytes = PackedBytes.load(block, offset + i);
      for (int j = 0; j < 8; j++) {
        quants[at + i + j] = LEVELS[(int) (bytes >>> (8 * j)) & 0xF];
        quants[at + 16 + i + j] = LEVELS[(int) (bytes >>> (8 * j + 4)) & 0xF];
      }
    }
  }
}
