package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * How weights are rounded to one tensor type: the way back from {@link QuantFormat#decode}. Each
 * block has the bits that the {@code gguf} Python package gives it.
 *
 * <p>Stateless; safe for use by several threads.
 */
interface QuantEncoder {
  /** The largest magnitude of the integers that a scale multiplies. */
  int reach();

  /**
   * Encodes one block.
   *
   * @param values the weights, from {@code at} on; their magnitudes over {@link #reach()} fit an
   *     f16
   * @param block the segment that receives it
   * @param offset where it starts, bytes
   */
  void encode(float[] values, int at, MemorySegment block, long offset);

  /**
   * The factor from weights to integers. A scale too small to have an f32 inverse is 0 as an f16,
   * so whatever it multiplies is 0; the integers are made 0 as well.
   */
  static float inverse(float scale) {
    float inverse = 1 / scale;
    return Float.isInfinite(inverse) ? 0 : inverse;
  }
}
