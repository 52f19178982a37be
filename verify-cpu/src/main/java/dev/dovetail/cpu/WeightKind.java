package dev.dovetail.cpu;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the panel's rows lie side by side. The words of the two halves of a group take
 * turns, so that kernels that sum the halves apart ({@link PanelMatrix}) read memory in one go.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the top bits. */
  FOUR_BIT(8, true),
  /**
   * Unsigned integers of 6 bits, sixteen in three words: first the upper two bits of all, then the
   * lower four of each half, as FOUR_BIT has them. Those upper bits stand four bits to the left of
   * the weight's lower ones, or two more for the second half; for the first of each eight, which
   * has no such place, they stand in the lowest bits.
   */
  SIX_BIT(8, true),
  /** Four signed integers of 8 bits, the first in the top bits. */
  EIGHT_BIT(4, true),
  /** Two numbers, the first in the low half. */
  F16(2, false),
  /** Two numbers, the first in the low half. */
  BF16(2, false),
  F32(1, false);

  /** The second of eight weights of 4 bits, where it stands in its word. */
  static final int SECOND = 0x0f000000;

  /** How far down the first of them, in the sign's place, is shifted. */
  static final int FIRST_SHIFT = 28;

  /** The upper bits of the second of eight weights of 6 bits. */
  static final int SECOND_UPPER = 0x30000000;

  private final int perWord;
  private final boolean quantised;

  WeightKind(int perWord, boolean quantised) {
    this.perWord = perWord;
    this.quantised = quantised;
  }

  /** Weights in a word; of SIX_BIT, in a word of lower bits. */
  int perWord() {
    return perWord;
  }

  /** Whether the weights are integers that scales belong to. */
  boolean quantised() {
    return quantised;
  }

  /**
   * Whether kernels leave the integers where they stand in their words, and multiply activations by
   * the inverse powers of two ({@link MatmulCall#arranged}).
   */
  boolean inPlace() {
    return this == FOUR_BIT || this == SIX_BIT;
  }

  /** Words of a row. */
  int words(int cols) {
    int words = (cols + perWord - 1) / perWord;
    return this == SIX_BIT ? words + words / 2 : words;
  }
}
