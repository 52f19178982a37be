package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * IQ4_NL: an f16 scale, then 16 bytes of halves as in Q4_0, each an index into {@link
 * UnevenLevels}.
 */
final class Iq4NlFormat implements QuantFormat {
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
    UnevenLevels.decode(block, offset + 2, quants, at);
  }
}
