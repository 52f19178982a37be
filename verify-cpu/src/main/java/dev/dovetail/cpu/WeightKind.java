package dev.dovetail.cpu;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the panel's rows lie side by side.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the lowest bits. */
  FOUR_BIT(8, true),
  /**
   * Unsigned integers of 6 bits, sixteen in three words: five in each, the first in the lowest
   * bits; the top two bits of the three words, put behind each other, are the sixteenth.
   */
  SIX_BIT(5, true),
  /** Four unsigned integers of 8 bits, the first in the top bits. */
  EIGHT_BIT(4, true),
  /** Two numbers, the first in the low half. */
  F16(2, false),
  /** Two numbers, the first in the low half. */
  BF16(2, false),
  F32(1, false);

  /** Whether weights of 4 and 6 bits are read as subnormal floats, not converted. */
  static final boolean SUBNORMAL = Subnormals.fast();

  /**
   * Where four weights of 4 bits stand in their word, or, once it is shifted down by {@link
   * #NIBBLES_SHIFT}, the other four: subnormal floats have 23 bits.
   */
  static final int[] NIBBLES = {0xf, 0xf0, 0xf00, 0xf000};

  static final int NIBBLES_SHIFT = 16;

  /**
   * Where three weights of 6 bits stand in their word, or, once it is shifted down by {@link
   * #SIXES_SHIFT}, the first two of them the other two.
   */
  static final int[] SIXES = {0x3f, 0x3f << 6, 0x3f << 12};

  static final int SIXES_SHIFT = 18;

  /** How far down the first of four weights of 8 bits is shifted. */
  static final int FIRST_BYTE_SHIFT = 24;

  /** Where the second stands in its word. */
  static final int SECOND_BYTE = 0xff << 16;

  /**
   * Sums of quantised weights are this small until they are written: where weights are subnormal,
   * activations must be large, and this leaves room on both sides. Activations below 2^32, or above
   * 2^-52, lose nothing.
   */
  static final float SUM_UNIT = 0x1p-54f;

  /** What activations are multiplied by for weights that are floats as they stand. */
  private static final float FLOAT_UNIT = SUBNORMAL ? 0x1p95f : SUM_UNIT;

  private static final float[] FOUR_BIT_INVERSE =
      span(FLOAT_UNIT, 1, 0x1p-4f, 0x1p-8f, 0x1p-12f, 1, 0x1p-4f, 0x1p-8f, 0x1p-12f);
  private static final float[] SIX_BIT_INVERSE = span(FLOAT_UNIT, 1, 0x1p-6f, 0x1p-12f, 1, 0x1p-6f);
  private static final float[] EIGHT_BIT_INVERSE = span(SUM_UNIT, 1, 0x1p-16f, 0x1p-8f, 1);

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
   * What brings the product of a weight as it stands ({@link PanelPart#weight}) and an activation
   * to {@link #SUM_UNIT} of what it should be, for the columns of a span: kernels multiply
   * activations by it instead of shifting weights down. Powers of two.
   */
  float[] inverse() {
    return switch (this) {
      case FOUR_BIT -> FOUR_BIT_INVERSE;
      case SIX_BIT -> SIX_BIT_INVERSE;
      default -> EIGHT_BIT_INVERSE;
    };
  }

  /** The factors of a word, again and again; 1 for a weight that is put together; times a unit. */
  private static float[] span(float unit, float... word) {
    float[] span = new float[PanelPart.SPAN];
    int whole = span.length - span.length % word.length;
    for (int k = 0; k < span.length; k++) {
      span[k] = k < whole ? unit * word[k % word.length] : unit;
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
