package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The rows of one tensor as panels of 16, the last one filled up with zeros.
 *
 * @param rowOffset the outputs of the parts before this one
 * @param weights {@code [panels][words of a row][16]} words of {@code format.weights}, 64-byte
 *     aligned
 * @param scales {@code [panels][words of a row][16]} words of {@code format.scales}
 */
record PanelPart(
    PanelFormat format,
    int rowOffset,
    int rows,
    int cols,
    MemorySegment weights,
    MemorySegment scales) {
  /** Rows of a panel. */
  static final int LANES = 16;

  /** Bytes of one word of each of the 16 rows. */
  static final int WORD_BYTES = 4 * LANES;

  int panels() {
    return (rows + LANES - 1) / LANES;
  }

  /** Groups of a row; 0 for unquantised types. */
  int groups() {
    return format.weights().quantised() ? cols / format.groupSize() : 0;
  }

  /** Bytes of the weights of a panel. */
  long panelBytes() {
    return (long) format.weights().words(cols) * WORD_BYTES;
  }

  /** Bytes of the scales of a panel. */
  long scalePanelBytes() {
    return (long) format.scales().words(groups()) * WORD_BYTES;
  }

  /** Where the word that holds weight k of a panel's first row starts; k is the first of a word. */
  long weightOffset(int panel, int k) {
    return panel * panelBytes() + (long) (k / format.weights().perWord()) * WORD_BYTES;
  }

  /**
   * Weight k of a row: the number, or the unscaled integer; for 4 bits the integer as it stands in
   * its word, times 2^(28 - 4 (k mod 8)), but for the first of a word, which is shifted down.
   */
  float weight(int panel, int k, int lane) {
    WeightKind kind = format.weights();
    int at = k % kind.perWord();
    int word = weights.get(ValueLayout.JAVA_INT, weightOffset(panel, k - at) + 4L * lane);
    return switch (kind) {
      case FOUR_BIT -> at == 0 ? word >>> 28 : word & 0xf0000000 >>> (4 * at);
      case EIGHT_BIT -> word << (8 * at) >> 24;
      case F16 -> Float.float16ToFloat((short) (word >> (16 * at)));
      case BF16 -> Float.intBitsToFloat(word >>> (16 * at) << 16);
      case F32 -> Float.intBitsToFloat(word);
    };
  }
}
