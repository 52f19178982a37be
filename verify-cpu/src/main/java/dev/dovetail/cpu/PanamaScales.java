package dev.dovetail.cpu;

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
 * a time, into rows of {@code [groups][32]}. Each method is one short loop: the JIT gives up on
 * inlining vectors in longer ones.
 */
final class PanamaScales {
  private static final long STEP = PanelPart.WORD_BYTES;

  private PanamaScales() {}

  /**
   * @param from the address of the first word of a unit
   * @param count how many groups; a unit, or for kinds whose units are one or two groups any number
   * @param scales the address for {@code [count][32]} scales
   * @param mins the same for mins
   */
  static void decode(PanelFormat format, long from, int count, long scales, long mins) {
    ScaleKind kind = format.scales();
    for (long to = 0; to < STEP; to += 4L * LANES) {
      long offset = from + to;
      switch (kind) {
        case NONE -> {}
        case F32 -> floats(offset, STEP, count, scales, to);
        case F32_MIN -> {
          floats(offset, 2 * STEP, count, scales, to);
          floats(offset + STEP, 2 * STEP, count, mins, to);
        }
        case F16 -> {
          halves(offset, 16, (count + 1) / 2, 2 * STEP, scales, to);
          halves(offset, 0, count / 2, 2 * STEP, scales, to + STEP);
        }
        case F16_MIN -> {
          halves(offset, 16, count, STEP, scales, to);
          halves(offset, 0, count, STEP, mins, to);
        }
        case BYTE_MIN -> {
          bytes(offset, 0, HALF_UNIT, scales, to);
          bytes(offset, 1, -HALF_UNIT, mins, to);
        }
        case EIGHT_BIT -> signedBytes(offset, scales, to);
      }
      if (format.bias() != 0) {
        scaled(scales, -format.bias(), count, mins, to);
      }
    }
  }

  private static void floats(long from, long step, int count, long out, long to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, from + i * step, LITTLE_ENDIAN)
          .intoMemorySegment(MEMORY, out + to + i * STEP, LITTLE_ENDIAN);
    }
  }

  /** One f16 of each word: the low half for a shift of 16, the high half for 0. */
  private static void halves(long from, int shift, int count, long stride, long out, long to) {
    for (int i = 0; i < count; i++) {
      IntVector.fromMemorySegment(INTS, MEMORY, from + i * STEP, LITTLE_ENDIAN)
          .lanewise(LSHL, shift)
          .lanewise(ASHR, 3)
          .lanewise(AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoMemorySegment(MEMORY, out + to + (long) i * stride, LITTLE_ENDIAN);
    }
  }

  /**
   * The scales (place 0) or the mins (place 1) of a unit of 8 groups. Bytes stay where they stand
   * in a word, and their factor makes up for it.
   *
   * @param unit what f16 units are multiplied by
   */
  private static void bytes(long from, int place, float unit, long out, long to) {
    FloatVector factor =
        IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN)
            .lanewise(LSHL, 16 - 16 * place)
            .lanewise(ASHR, 3)
            .lanewise(AND, HALF_BITS)
            .reinterpretAsFloats()
            .mul(unit);
    FloatVector factor8 = factor.mul(0x1p-8f);
    FloatVector factor16 = factor.mul(0x1p-16f);
    long word = from + (1 + 2L * place) * STEP;
    for (int i = 0; i < 2; i++) {
      IntVector four = IntVector.fromMemorySegment(INTS, MEMORY, word + i * STEP, LITTLE_ENDIAN);
      long at = to + 4L * i * STEP;
      ((FloatVector) four.lanewise(AND, 0xff).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(AND, 0xff00).convertShape(I2F, FLOATS, 0))
          .mul(factor8)
          .intoMemorySegment(MEMORY, out + at + STEP, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(AND, 0xff0000).convertShape(I2F, FLOATS, 0))
          .mul(factor16)
          .intoMemorySegment(MEMORY, out + at + 2 * STEP, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(LSHR, 24).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at + 3 * STEP, LITTLE_ENDIAN);
    }
  }

  /** The scales of a unit of 16 groups. */
  private static void signedBytes(long from, long out, long to) {
    FloatVector factor =
        IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN)
            .lanewise(LSHL, 16)
            .lanewise(ASHR, 3)
            .lanewise(AND, HALF_BITS)
            .reinterpretAsFloats()
            .mul(HALF_UNIT);
    for (int i = 0; i < 4; i++) {
      IntVector four =
          IntVector.fromMemorySegment(INTS, MEMORY, from + (1 + i) * STEP, LITTLE_ENDIAN);
      long at = to + 4L * i * STEP;
      ((FloatVector) four.lanewise(LSHL, 24).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(LSHL, 16).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at + STEP, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(LSHL, 8).lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at + 2 * STEP, LITTLE_ENDIAN);
      ((FloatVector) four.lanewise(ASHR, 24).convertShape(I2F, FLOATS, 0))
          .mul(factor)
          .intoMemorySegment(MEMORY, out + at + 3 * STEP, LITTLE_ENDIAN);
    }
  }

  private static void scaled(long scales, float factor, int count, long mins, long to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + to + i * STEP, LITTLE_ENDIAN)
          .mul(factor)
          .intoMemorySegment(MEMORY, mins + to + i * STEP, LITTLE_ENDIAN);
    }
  }
}
