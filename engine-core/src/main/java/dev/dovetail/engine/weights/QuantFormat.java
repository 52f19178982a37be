package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;

/**
 * How one tensor type spells its weights: every weight is {@code scale * q + min} with an integer
 * q, one scale and one min for each group of {@link #groupSize()} neighbours, and the products of
 * the file's own scale factors exact in f32. From this one description come the dequantised value,
 * the CPU's panels and the GPU's forms.
 *
 * <p>Stateless; safe for use by several threads.
 */
public interface QuantFormat {
  /** Weights that share a scale: 16 or 32. */
  int groupSize();

  /** Whether mins can differ from zero. */
  boolean hasMin();

  /**
   * Decodes one block.
   *
   * @param block the segment that holds it
   * @param offset where it starts, bytes
   * @param quants receives {@code blockSize} integers from {@code at} on
   * @param scales receives {@code blockSize / groupSize} scales from {@code group} on
   * @param mins the same for mins, 0 where the type has none
   */
  void decode(
      MemorySegment block,
      long offset,
      byte[] quants,
      int at,
      float[] scales,
      float[] mins,
      int group);
}
