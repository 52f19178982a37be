package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The rows of one tensor as panels of 32, the last one filled up with zeros. Weights and scales are
 * two streams, which kernels read from front to back: the CPU then fetches ahead of them.
 *
 * @param rowOffset the outputs of the parts before this one
 * @param weights {@code [panels][words of a row][32]} words of {@code format.weights}, 64-byte
 *     aligned
 * @param scales {@code [panels][words of a row][32]} words of {@code format.scales}
 */
record PanelPart(
    PanelFormat format,
    int rowOffset,
    int rows,
    int cols,
    MemorySegment weights,
    MemorySegment scales) {
  /** Rows of a panel. */
  static final int ROWS = 32;

  /**
   * Columns whose products are summed before their scale comes in: runs of 5 or 8. Groups have one
   * or two spans, rows any number of pairs of them.
   */
  static final int SPAN = 16;

  /** Bytes of one word of each row. */
  static final int WORD_BYTES = 4 * ROWS;

  int panels() {
    return (rows + ROWS - 1) / ROWS;
  }

  /** Groups of a row; 0 for unquantised types. */
  int groups() {
    return format.weights().quantised() ? cols / format.groupSize() : 0;
  }

  /** What the sums of kernels are multiplied by when they are written. */
  float unit() {
    return format.weights().quantised() ? 1 / WeightKind.SUM_UNIT : 1;
  }

  /** Bytes of the weights of a panel. */
  long panelBytes() {
    return (long) format.weights().words(cols) * WORD_BYTES;
  }

  /** Bytes of the scales of a panel. */
  long scalePanelBytes() {
    return (long) format.scales().words(groups()) * WORD_BYTES;
  }

  /** Where the words of a panel start that hold weight k; k begins a group, or a word. */
  long weightOffset(int panel, int k) {
    return panel * panelBytes() + (long) format.weights().words(k) * WORD_BYTES;
  }

  /** Where the scales of a panel start that hold a group; the group begins a unit. */
  long scaleOffset(int panel, int group) {
    return panel * scalePanelBytes() + (long) format.scales().words(group) * WORD_BYTES;
  }

  /**
   * Weight k of a row: the number, or the unscaled integer as kernels see it in its word, so times
   * a power of two ({@link WeightKind#inverse}).
   */
  float weight(int panel, int k, int row) {
    WeightKind kind = format.weights();
    if (!kind.quantised()) {
      return plain(panel, k, row);
    }
    int integer = integer(panel, k, row);
    return WeightKind.SUBNORMAL && kind != WeightKind.EIGHT_BIT
        ? Float.intBitsToFloat(integer)
        : integer;
  }

  private float plain(int panel, int k, int row) {
    WeightKind kind = format.weights();
    int at = k % kind.perWord();
    int word = word(panel, k - at, 0, row);
    return switch (kind) {
      case F16 -> Float.float16ToFloat((short) (word >> (16 * at)));
      case BF16 -> Float.intBitsToFloat(word >>> (16 * at) << 16);
      default -> Float.intBitsToFloat(word);
    };
  }

  private int integer(int panel, int k, int row) {
    WeightKind kind = format.weights();
    int at = k % SPAN;
    int span = k - at;
    if (kind == WeightKind.SIX_BIT && at == SPAN - 1) {
      return word(panel, span, 0, row) >>> 30 << 4
          | word(panel, span, 1, row) >>> 30 << 2
          | word(panel, span, 2, row) >>> 30;
    }
    int word = word(panel, span, at / kind.perWord(), row);
    at %= kind.perWord();
    return switch (kind) {
      case FOUR_BIT ->
          at < 4
              ? word & WeightKind.NIBBLES[at]
              : word >>> WeightKind.NIBBLES_SHIFT & WeightKind.NIBBLES[at - 4];
      case SIX_BIT ->
          at < 3
              ? word & WeightKind.SIXES[at]
              : word >>> WeightKind.SIXES_SHIFT & WeightKind.SIXES[at - 3];
      default ->
          at == 0
              ? word >>> WeightKind.FIRST_BYTE_SHIFT
              : word & WeightKind.SECOND_BYTE >>> (8 * (at - 1));
    };
  }

  private int word(int panel, int k, int index, int row) {
    return weights.get(
        ValueLayout.JAVA_INT, weightOffset(panel, k) + (long) index * WORD_BYTES + 4L * row);
  }
}
