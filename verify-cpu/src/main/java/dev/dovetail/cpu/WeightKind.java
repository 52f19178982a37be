package dev.dovetail.cpu;

import java.util.Arrays;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the panel's rows lie side by side.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the top bits. */
  FOUR_BIT(8, true),
  /**
   * Unsigned integers of 6 bits, sixteen in three words: five in each, the first in bits 24 to 29,
   * the last in the lowest; the top two bits of the three words, put behind each other, are the
   * sixteenth.
   */
  SIX_BIT(5, true),
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

  /** Where the weights of 6 bits stand in their word. */
  static final int[] SIX = {0x3f << 24, 0x3f << 18, 0x3f << 12, 0x3f << 6, 0x3f};

  /** How far down the first of four weights of 8 bits is shifted. */
  static final int FIRST_BYTE_SHIFT = 24;

  /** Where the second stands in its word. */
  static final int SECOND_BYTE = 0xff << 16;

  private static final float[] FOUR_BIT_INVERSE =
      span(1, 0x1p-24f, 0x1p-20f, 0x1p-16f, 0x1p-12f, 0x1p-8f, 0x1p-4f, 1);
  private static final float[] SIX_BIT_INVERSE = span(0x1p-24f, 0x1p-18f, 0x1p-12f, 0x1p-6f, 1);
  private static final float[] EIGHT_BIT_INVERSE = span(1, 0x1p-16f, 0x1p-8f, 1);

  private final int perWord;
  private final boolean quantised;

  WeightKind(int perWord, boolean quantised) {
    this.perWord = perWord;
    this.quantised = quantised;
  }

  /** Weights in a word; every third word of SIX_BIT has one more. */
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
    return switch (this) {
      case FOUR_BIT -> FOUR_BIT_INVERSE;
      case SIX_BIT -> SIX_BIT_INVERSE;
      default -> EIGHT_BIT_INVERSE;
    };
  }

  /** The factors of a word, again and again; 1 for a weight that is put together. */
  private static float[] span(float... word) {
    float[] span = new float[PanelPart.SPAN];
    Arrays.fill(span, 1);
    for (int k = 0; k < span.length - span.length % word.length; k++) {
      span[k] = word[k % word.length];
    }
    return span;
  }

  /**
   * Runs of a span whose products are summed apart: as many columns in each, and what is left in
   * the last.
   */
  int runs() {
    return this == SIX_BIT ? 3 : 2;
  }

  /** Words of a row; of quantised weights, of whole spans. */
  int words(int cols) {
    return quantised
        ? cols / PanelPart.SPAN * (PanelPart.SPAN / perWord)
        : (cols + perWord - 1) / perWord;
  }
}
