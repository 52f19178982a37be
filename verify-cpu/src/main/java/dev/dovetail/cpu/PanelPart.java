package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The rows of one tensor as panels of 32, the last one filled up with zeros. Everything lies in the
 * order in which kernels read it, so that the CPU fetches ahead of them: panel after panel, in a
 * panel block after block of {@value #BLOCK_COLS} columns, in a block first the scales, then the
 * weights.
 *
 * @param rowOffset the outputs of the parts before this one
 * @param data {@code [panels][blocks]}, a block being {@code [words of a row][32]} words of {@code
 *     format.scales}, then of {@code format.weights}; 64-byte aligned
 */
record PanelPart(PanelFormat format, int rowOffset, int rows, int cols, MemorySegment data) {
  /** Rows of a panel. */
  static final int ROWS = 32;

  /** Columns of a block; a row's last one may have fewer. */
  static final int BLOCK_COLS = 256;

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

  /** Bytes of a panel. */
  long panelBytes() {
    return cols / BLOCK_COLS * blockBytes(BLOCK_COLS) + blockBytes(cols % BLOCK_COLS);
  }

  /** Bytes of the whole of a block of some columns. */
  long blockBytes(int columns) {
    return scaleBytes(columns) + (long) format.weights().words(columns) * WORD_BYTES;
  }

  /** Bytes of the scales of a block of some columns, before its weights. */
  long scaleBytes(int columns) {
    return format.weights().quantised()
        ? (long) format.scales().words(columns / format.groupSize()) * WORD_BYTES
        : 0;
  }

  /** Columns of the block that column k lies in. */
  int blockCols(int k) {
    return Math.min(BLOCK_COLS, cols - k / BLOCK_COLS * BLOCK_COLS);
  }

  /** Where the words of a panel start that hold weight k; k begins a group, or a word. */
  long weightOffset(int panel, int k) {
    return blockOffset(panel, k)
        + scaleBytes(blockCols(k))
        + (long) format.weights().words(k % BLOCK_COLS) * WORD_BYTES;
  }

  /** Where the scales of a panel start that hold a group; the group begins a unit. */
  long scaleOffset(int panel, int group) {
    int k = group * format.groupSize();
    return blockOffset(panel, k)
        + (long) format.scales().words(k % BLOCK_COLS / format.groupSize()) * WORD_BYTES;
  }

  private long blockOffset(int panel, int k) {
    return panel * panelBytes() + k / BLOCK_COLS * blockBytes(BLOCK_COLS);
  }

  /**
   * Reads the fields of a row: the numbers, or the integers as kernels see them in their words, so
   * times a power of two ({@link WeightKind#inverse}).
   *
   * @param out {@code [fields]}
   */
  void readRow(int panel, int row, float[] out) {
    WeightKind kind = format.weights();
    int field = 0;
    for (int k = 0; k < cols; k += BLOCK_COLS) {
      long at = weightOffset(panel, k) + 4L * row;
      for (int end = kind.fields(Math.min(cols, k + BLOCK_COLS)); field < end; at += WORD_BYTES) {
        int word = data.get(ValueLayout.JAVA_INT, at);
        for (int i = 0; i < kind.fieldsPerWord() && field < end; i++) {
          out[field++] = value(kind, word, i);
        }
      }
    }
  }

  private static float value(WeightKind kind, int word, int index) {
    return switch (kind) {
      case F32 -> Float.intBitsToFloat(word);
      case F16 -> Float.float16ToFloat((short) (word >> (16 * index)));
      case BF16 -> Float.intBitsToFloat(word >>> (16 * index) << 16);
      default -> {
        int integer = kind.field(word, index);
        yield WeightKind.SUBNORMAL ? Float.intBitsToFloat(integer) : integer;
      }
    };
  }
}
