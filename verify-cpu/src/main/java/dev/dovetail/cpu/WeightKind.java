package dev.dovetail.cpu;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the 16 rows lie side by side.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the top bits. */
  FOUR_BIT(8, true),
  /** Four signed integers of 8 bits, the first in the top bits. */
  EIGHT_BIT(4, true),
  /** Two numbers, the first in the low half. */
  F16(2, false),
  /** Two numbers, the first in the low half. */
  BF16(2, false),
  F32(1, false);

  private final int perWord;
  private final boolean quantised;

  WeightKind(int perWord, boolean quantised) {
    this.perWord = perWord;
    this.quantised = quantised;
  }

  /** Weights in a word. */
  int perWord() {
    return perWord;
  }

  /** Whether the weights are integers that scales belong to. */
  boolean quantised() {
    return quantised;
  }

  /** Words of a row. */
  int words(int cols) {
    return (cols + perWord - 1) / perWord;
  }
}
