package dev.dovetail.cpu;

/**
 * How the scales of a panel are stored: units of some groups of k, each unit some words of 32 bits
 * for each row; the words i of a panel's rows lie side by side. The compact forms cost what they
 * cost in the file; F32 serves every type.
 */
enum ScaleKind {
  /** Unquantised weights have none. */
  NONE(1, 0),
  /** One scale. */
  F32(1, 1),
  /** One scale, one min. */
  F32_MIN(1, 2),
  /** The f16 scales of two groups, the first in the low half. */
  F16(2, 1),
  /** An f16 scale in the low half, an f16 min in the high half. */
  F16_MIN(1, 1),
  /**
   * 8 groups of a Q4_K or Q5_K block: the f16 unit of scales in the low half of the first word,
   * that of mins in its high half; then 8 scales and 8 mins as bytes, the first in the low bits.
   * The file has 6 bits for each; a byte costs 3 % more memory and a third of the instructions.
   */
  BYTE_MIN(8, 5),
  /**
   * 16 groups: their f16 unit in the low half of the first word, then 16 signed bytes, the first in
   * the low bits.
   */
  EIGHT_BIT(16, 5);

  private final int groups;
  private final int words;

  ScaleKind(int groups, int words) {
    this.groups = groups;
    this.words = words;
  }

  /** Groups of a unit. */
  int groups() {
    return groups;
  }

  /** Words of a unit, for each row. */
  int words() {
    return words;
  }

  /** Words of a row of {@code count} groups. */
  int words(int count) {
    return (count + groups - 1) / groups * words;
  }
}
