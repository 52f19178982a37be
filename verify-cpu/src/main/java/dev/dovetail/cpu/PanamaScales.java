package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.ADDRESS;
import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanamaTile.HALF_BITS;
import static dev.dovetail.cpu.PanamaTile.HALF_UNIT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Scales by vectors. Decoding is the twin of {@link ScaleDecoder}: the same numbers, some lanes at
 * a time, into rows of {@code [groups][32]}. The loops end where an address is reached, not passed:
 * of loops that it can count the JIT sometimes splits the range checks off, which costs more than
 * they do.
 */
final class PanamaScales {
  private static final long STEP = PanelPart.WORD_BYTES;

  /** From one vector of rows to the next. */
  private static final long NEXT = 4L * LANES;

  /** Bytes of a unit of BYTE_MIN or EIGHT_BIT. */
  private static final long BYTE_UNIT = 5 * STEP;

  private PanamaScales() {}

  /**
   * @param from the address of the first word of a unit
   * @param count how many groups: whole units, but for F16, whose last unit may be half
   * @param scales the address for {@code [count][32]} scales
   * @param mins the same for mins; untouched where the type has none
   */
  static void decode(ScaleKind kind, long from, int count, long scales, long mins) {
    switch (kind) {
      case NONE -> {}
      case F32 -> floats(from, STEP, count, scales);
      case F32_MIN -> {
        floats(from, 2 * STEP, count, scales);
        floats(from + STEP, 2 * STEP, count, mins);
      }
      case F16 -> {
        halves(from, 16, (count + 1) / 2, 2 * STEP, scales);
        halves(from, 0, count / 2, 2 * STEP, scales + STEP);
      }
      case F16_MIN -> {
        halves(from, 16, count, STEP, scales);
        halves(from, 0, count, STEP, mins);
      }
      case BYTE_MIN -> bytesWithMins(from, count / kind.groups(), scales, mins);
      case EIGHT_BIT -> signedBytes(from, count / kind.groups(), scales);
    }
  }

  private static void floats(long from, long step, int count, long out) {
    for (long row = 0; row != STEP; row += NEXT) {
      long end = out + row + count * STEP;
      for (long at = from + row, to = out + row; to != end; at += step, to += STEP) {
        FloatVector.fromMemorySegment(FLOATS, MEMORY, at & ADDRESS, LITTLE_ENDIAN)
            .intoMemorySegment(MEMORY, to & ADDRESS, LITTLE_ENDIAN);
      }
    }
  }

  /** One f16 of each word: the low half for a shift of 16, the high half for 0. */
  private static void halves(long from, int shift, int count, long step, long out) {
    for (long row = 0; row != STEP; row += NEXT) {
      long end = out + row + count * step;
      for (long at = from + row, to = out + row; to != end; at += STEP, to += step) {
        IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN)
            .lanewise(LSHL, shift)
            .lanewise(ASHR, 3)
            .lanewise(AND, HALF_BITS)
            .reinterpretAsFloats()
            .mul(HALF_UNIT)
            .intoMemorySegment(MEMORY, to & ADDRESS, LITTLE_ENDIAN);
      }
    }
  }

  /**
   * The scales and mins of units of 8 groups. Bytes stay where they stand in a word, and their
   * factor makes up for it.
   */
  private static void bytesWithMins(long from, int units, long scales, long mins) {
    long end = from + units * BYTE_UNIT;
    for (long unit = from, skip = 0; unit != end; unit += BYTE_UNIT, skip += 8 * STEP) {
      for (long row = 0; row != STEP; row += NEXT) {
        long word = (unit + row) & ADDRESS;
        IntVector factors = IntVector.fromMemorySegment(INTS, MEMORY, word, LITTLE_ENDIAN);
        long to = (scales + skip + row) & ADDRESS;
        for (int place = 1; place != 4; place <<= 1) {
          FloatVector factor =
              factors
                  .lanewise(LSHL, place == 1 ? 16 : 0)
                  .lanewise(ASHR, 3)
                  .lanewise(AND, HALF_BITS)
                  .reinterpretAsFloats()
                  .mul(place == 1 ? HALF_UNIT : -HALF_UNIT);
          FloatVector factor8 = factor.mul(0x1p-8f);
          FloatVector factor16 = factor.mul(0x1p-16f);
          IntVector four = IntVector.fromMemorySegment(INTS, MEMORY, word + STEP, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(AND, 0xff).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(AND, 0xff00).convertShape(I2F, FLOATS, 0))
              .mul(factor8)
              .intoMemorySegment(MEMORY, to + STEP, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(AND, 0xff0000).convertShape(I2F, FLOATS, 0))
              .mul(factor16)
              .intoMemorySegment(MEMORY, to + 2 * STEP, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(LSHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + 3 * STEP, LITTLE_ENDIAN);
          IntVector next =
              IntVector.fromMemorySegment(INTS, MEMORY, word + 2 * STEP, LITTLE_ENDIAN);
          ((FloatVector) next.lanewise(AND, 0xff).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + 4 * STEP, LITTLE_ENDIAN);
          ((FloatVector) next.lanewise(AND, 0xff00).convertShape(I2F, FLOATS, 0))
              .mul(factor8)
              .intoMemorySegment(MEMORY, to + 5 * STEP, LITTLE_ENDIAN);
          ((FloatVector) next.lanewise(AND, 0xff0000).convertShape(I2F, FLOATS, 0))
              .mul(factor16)
              .intoMemorySegment(MEMORY, to + 6 * STEP, LITTLE_ENDIAN);
          ((FloatVector) next.lanewise(LSHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + 7 * STEP, LITTLE_ENDIAN);
          word = (word + 2 * STEP) & ADDRESS;
          to = (mins + skip + row) & ADDRESS;
        }
      }
    }
  }

  /** The scales of units of 16 groups. */
  private static void signedBytes(long from, int units, long scales) {
    long end = from + units * BYTE_UNIT;
    for (long unit = from, out = scales; unit != end; unit += BYTE_UNIT, out += 16 * STEP) {
      for (long row = 0; row != STEP; row += NEXT) {
        FloatVector factor =
            IntVector.fromMemorySegment(INTS, MEMORY, (unit + row) & ADDRESS, LITTLE_ENDIAN)
                .lanewise(LSHL, 16)
                .lanewise(ASHR, 3)
                .lanewise(AND, HALF_BITS)
                .reinterpretAsFloats()
                .mul(HALF_UNIT);
        long last = unit + row + BYTE_UNIT;
        long to = (out + row) & ADDRESS;
        for (long at = unit + row + STEP; at != last; at += STEP) {
          IntVector four = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(LSHL, 24).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(LSHL, 16).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + STEP, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(LSHL, 8).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + 2 * STEP, LITTLE_ENDIAN);
          ((FloatVector) four.lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
              .mul(factor)
              .intoMemorySegment(MEMORY, to + 3 * STEP, LITTLE_ENDIAN);
          to = (to + 4 * STEP) & ADDRESS;
        }
      }
    }
  }
}
