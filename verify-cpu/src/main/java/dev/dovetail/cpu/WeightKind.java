package dev.dovetail.cpu;

/**
 * How the weights of a panel are stored: words of 32 bits, each holding consecutive k of one row;
 * the words of the panel's rows lie side by side.
 *
 * <p>Words of integers are divided into fields, which kernels multiply where they stand: the lower
 * half of them by masks, then the upper half, shifted down, by the same masks. A field is a weight,
 * or a part of one.
 */
enum WeightKind {
  /** Eight unsigned integers of 4 bits, the first in the lowest bits. */
  FOUR_BIT(8, 16, 0xf, 0xf0, 0xf00, 0xf000),
  /**
   * Unsigned integers of 6 bits, sixteen in three words: five in each, the first in the lowest
   * bits. The top two bits of the three words are the sixteenth, its upper bits first.
   */
  SIX_BIT(6, 18, 0x3f, 0x3f << 6, 0x3f << 12),
  /** Four unsigned integers of 8 bits, the first in the lowest bits. */
  EIGHT_BIT(4, 16, 0xff, 0xff00),
  /** Two numbers, the first in the low half. */
  F16(2),
  /** Two numbers, the first in the low half. */
  BF16(2),
  F32(1);

  /** Whether integers are read as subnormal floats, which have 23 bits, not converted. */
  static final boolean SUBNORMAL = Units.SUBNORMAL;

  /**
   * Sums of quantised weights are this small until they are written: where weights are subnormal,
   * activations must be large, and this leaves room on both sides. Activations below 2^32, or above
   * 2^-52, lose nothing.
   */
  static final float SUM_UNIT = 0x1p-54f;

  /**
   * Columns after which the places of fields repeat themselves, words of all kinds being whole; and
   * whose products are summed before their scale comes in.
   */
  static final int PERIOD = 16;

  private final int fieldsPerWord;
  private final int halfShift;
  private final int[] masks;
  private final int[] columns;
  private final float[] inverse;

  WeightKind(int numbersPerWord) {
    this(numbersPerWord, 0);
  }

  WeightKind(int fieldsPerWord, int halfShift, int... masks) {
    this.fieldsPerWord = fieldsPerWord;
    this.halfShift = halfShift;
    this.masks = masks;
    this.columns = newColumns();
    this.inverse = masks.length == 0 ? new float[0] : newInverse();
  }

  /** Whether the weights are integers that scales belong to. */
  boolean quantised() {
    return masks.length > 0;
  }

  /** Fields, or numbers, of a word. */
  int fieldsPerWord() {
    return fieldsPerWord;
  }

  /** Fields whose products are summed before their scale comes in. */
  int run() {
    return fields(PERIOD);
  }

  /** Bytes from the words of one run to those of the next. */
  long runBytes() {
    return (long) words(PERIOD) * PanelPart.WORD_BYTES;
  }

  /** Fields of some columns; of quantised weights, of a multiple of 16. */
  int fields(int cols) {
    return sixBits() ? cols / PERIOD * 3 * fieldsPerWord : cols;
  }

  /** Words of some columns; of quantised weights, of a multiple of 16. */
  int words(int cols) {
    return (fields(cols) + fieldsPerWord - 1) / fieldsPerWord;
  }

  /** A field of a word of integers, in its place in its half of the word. */
  int field(int word, int index) {
    return index < masks.length
        ? word & masks[index]
        : word >>> halfShift & masks[index - masks.length];
  }

  /** The columns that the fields of 16 columns belong to; not to be modified. */
  int[] columns() {
    return columns;
  }

  /**
   * What brings the product of a field as it stands and an activation to {@link #SUM_UNIT} of what
   * it should be, for the fields of 16 columns: activations are multiplied by it once, instead of
   * fields being shifted down each time. Powers of two; not to be modified.
   */
  float[] inverse() {
    return inverse;
  }

  private int[] newColumns() {
    int[] made = new int[fields(PERIOD)];
    for (int i = 0; i < made.length; i++) {
      made[i] = isLastOfSix(i) ? PERIOD - 1 : sixBits() ? i - i / fieldsPerWord : i;
    }
    return made;
  }

  private float[] newInverse() {
    float[] made = new float[fields(PERIOD)];
    for (int i = 0; i < made.length; i++) {
      made[i] = Units.FLOAT / Integer.lowestOneBit(masks[i % masks.length]);
      if (isLastOfSix(i)) {
        // The bits 4 and 5, 2 and 3, 0 and 1 of the sixteenth weight.
        made[i] *= 1 << (4 - 2 * (i / fieldsPerWord));
      }
    }
    return made;
  }

  /** This is SIX_BIT, which has no name yet while it is made. */
  private boolean sixBits() {
    return fieldsPerWord == 6;
  }

  private boolean isLastOfSix(int field) {
    return sixBits() && field % fieldsPerWord == fieldsPerWord - 1;
  }

  /** Constants that the kinds themselves are made of. */
  private static final class Units {
    static final boolean SUBNORMAL = Subnormals.fast();

    /** What activations are multiplied by for weights that are floats as they stand. */
    static final float FLOAT = SUBNORMAL ? 0x1p95f : SUM_UNIT;
  }
}
