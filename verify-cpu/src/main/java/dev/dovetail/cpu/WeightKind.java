package dev.dovetail.cpu;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the panel's rows lie side by side.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the top bits. */
  FOUR_BIT(8, true),
  /**
   * Unsigned integers of 6 bits, sixteen in three words: first the upper two bits of all, then the
   * lower four of each eight, as FOUR_BIT has them. Those upper bits stand four bits to the left of
   * the weight's lower ones, or two more for the second eight; for the first of each eight, which
   * has no such place, they stand in the lowest bits.
   */
  SIX_BIT(8, true),
  /** Four unsigned integers of 8 bits, the first in the top bits. */
  EIGHT_BIT(4, true),
  /** Two numbers, the first in the low half. */
  F16(2, false),
  /** Two numbers, the first in the low half. */
  BF16(2, false),
  F32(1, false);

  /** How far down the first of eight weights of 4 bits, in the sign's place, is shifted. */
  static final int FIRST_SHIFT = 28;

  /** Where the others stand in their word. Masks are loaded: shifting one to the next is slower. */
  static final int[] LOWER = {
    0, 0xf << 24, 0xf << 20, 0xf << 16, 0xf << 12, 0xf << 8, 0xf << 4, 0xf
  };

  /** Where the upper bits of weights of 6 bits stand, all but those of the first. */
  static final int[] UPPER = {0, 3 << 28, 3 << 24, 3 << 20, 3 << 16, 3 << 12, 3 << 8, 3 << 4};

  /** How far down the first of four weights of 8 bits is shifted. */
  static final int FIRST_BYTE_SHIFT = 24;

  /** Where the second stands in its word. */
  static final int SECOND_BYTE = 0xff << 16;

  private static final float[] FOUR_BIT_INVERSE =
      span(1, 0x1p-24f, 0x1p-20f, 0x1p-16f, 0x1p-12f, 0x1p-8f, 0x1p-4f, 1);
  private static final float[] EIGHT_BIT_INVERSE = span(1, 0x1p-16f, 0x1p-8f, 1);

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
   * What an integer is too large by where it stands in its word, inverted, for the columns of a
   * span: kernels multiply activations by it instead of shifting weights down. The first of a word,
   * whose top bit would be a sign, is shifted down.
   */
  float[] inverse() {
    return this == EIGHT_BIT ? EIGHT_BIT_INVERSE : FOUR_BIT_INVERSE;
  }

  /** The factors of a word, again and again. */
  private static float[] span(float... word) {
    float[] span = new float[PanelPart.SPAN];
    for (int k = 0; k < span.length; k++) {
      span[k] = word[k % word.length];
    }
    return span;
  }

  /** Words of a row. */
  int words(int cols) {
    int words = (cols + perWord - 1) / perWord;
    return this == SIX_BIT ? words + words / 2 : words;
  }
}
