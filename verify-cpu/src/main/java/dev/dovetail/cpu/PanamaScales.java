package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The twin of {@link ScaleDecoder}: the same numbers, some lanes at a time, into rows of {@code [groups][32]}. Each
 * method is one short loop: the JIT gives up on inlining vectors in longer ones.
 */
final class PanamaScales {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;
  private static final int STEP = PanelPart.WORD_BYTES;

  /** Groups whose scales share a word, or a row of words, in the K types. */
  private static final int QUAD = 4;

  private PanamaScales() {}

  /**
   * @param firstGroup begins a unit of scales, or a quad of groups where a unit has more
   * @param count how many groups; whole quads where a unit has more
   * @param at where the panel's first row stands in a row of the outputs
   */
  static void decode(
      PanelPart part, int panel, int firstGroup, int count, float[] scales, float[] mins, int at) {
    ScaleKind kind = part.format().scales();
    MemorySegment data = part.scales();
    long units = panel * part.scalePanelBytes();
    long from = units + (long) (firstGroup / kind.groups()) * kind.words() * STEP;
    for (int lane = 0; lane < PanelPart.LANES; lane += LANES) {
      long offset = from + 4L * lane;
      int to = at + lane;
      switch (kind) {
        case NONE -> {}
        case F32 -> floats(data, offset, STEP, count, scales, to);
        case F32_MIN -> {
          floats(data, offset, 2 * STEP, count, scales, to);
          floats(data, offset + STEP, 2 * STEP, count, mins, to);
        }
        case F16 -> {
          halves(data, offset, 16, (count + 1) / 2, 2 * ROWS, scales, to);
          halves(data, offset, 0, count / 2, 2 * ROWS, scales, to + ROWS);
        }
        case F16_MIN -> {
          halves(data, offset, 16, count, ROWS, scales, to);
          halves(data, offset, 0, count, ROWS, mins, to);
        }
        case SIX_BIT_MIN ->
            sixBits(data, units + 4L * lane, firstGroup, count, scales, mins, to);
        case EIGHT_BIT -> eightBits(data, units + 4L * lane, firstGroup, count, scales, to);
      }
      if (part.format().bias() != 0) {
        scaled(scales, -part.format().bias(), count, mins, to);
      }
    }
  }

  private static void sixBits(
      MemorySegment data,
      long units,
      int firstGroup,
      int count,
      float[] scales,
      float[] mins,
      int to) {
    for (int i = 0; i < count; i += QUAD) {
      int group = firstGroup + i;
      long unit = units + (long) (group / 8) * 4 * STEP;
      int out = to + i * ROWS;
      if (group % 8 == 0) {
        sixBitsLow(data, unit + STEP, unit, 16, 0x1p112f, scales, out);
        sixBitsLow(data, unit + 2 * STEP, unit, 0, -0x1p112f, mins, out);
      } else {
        sixBitsHigh(data, unit + STEP, unit + 3 * STEP, 0, unit, 16, 0x1p112f, scales, out);
        sixBitsHigh(data, unit + 2 * STEP, unit + 3 * STEP, 4, unit, 0, -0x1p112f, mins, out);
      }
    }
  }

  private static void eightBits(
      MemorySegment data, long units, int firstGroup, int count, float[] scales, int to) {
    for (int i = 0; i < count; i += QUAD) {
      int group = firstGroup + i;
      long unit = units + (long) (group / 16) * 5 * STEP;
      signedBytes(
          data, unit + (long) (group % 16 / QUAD) * STEP, unit + 4 * STEP, scales, to + i * ROWS);
    }
  }

  private static IntVector load(MemorySegment data, long offset) {
    return IntVector.fromMemorySegment(INTS, data, offset, ByteOrder.LITTLE_ENDIAN);
  }

  private static FloatVector number(IntVector integers) {
    return (FloatVector) integers.convertShape(VectorOperators.I2F, FLOATS, 0);
  }

  /**
   * The f16 in the high half of each lane as f32, once it is multiplied by 2^112: its bits moved into f32's places, sign
   * kept; the factor makes up for the exponents' bias. Exact for all finite values.
   */
  private static FloatVector halfBits(IntVector halves) {
    return halves
        .lanewise(VectorOperators.ASHR, 3)
        .lanewise(VectorOperators.AND, 0x8fffe000)
        .reinterpretAsFloats();
  }

  private static void floats(
      MemorySegment data, long from, long step, int count, float[] out, int to) {
    for (int i = 0; i < count; i++) {
      load(data, from + i * step).reinterpretAsFloats().intoArray(out, to + i * ROWS);
    }
  }

  private static void halves(
      MemorySegment data, long from, int shift, int count, int stride, float[] out, int to) {
    for (int i = 0; i < count; i++) {
      halfBits(load(data, from + (long) i * STEP).lanewise(VectorOperators.LSHL, shift))
          .mul(0x1p112f)
          .intoArray(out, to + i * stride);
    }
  }

  /** Four groups from the low six bits of the bytes of a word. */
  private static void sixBitsLow(
      MemorySegment data, long word, long unit, int shift, float factor, float[] out, int to) {
    FloatVector times =
        halfBits(load(data, unit).lanewise(VectorOperators.LSHL, shift)).mul(factor);
    for (int i = 0; i < QUAD; i++) {
      number(load(data, word).lanewise(VectorOperators.LSHR, 8 * i).and(63))
          .mul(times)
          .intoArray(out, to + i * ROWS);
    }
  }

  /** Four groups from four bits of the bytes of a word, at {@code lowShift}, and the top two of another's. */
  private static void sixBitsHigh(
      MemorySegment data,
      long topWord,
      long lowWord,
      int lowShift,
      long unit,
      int shift,
      float factor,
      float[] out,
      int to) {
    FloatVector times =
        halfBits(load(data, unit).lanewise(VectorOperators.LSHL, shift)).mul(factor);
    for (int i = 0; i < QUAD; i++) {
      IntVector top = load(data, topWord).lanewise(VectorOperators.LSHR, 8 * i + 2).and(48);
      IntVector low = load(data, lowWord).lanewise(VectorOperators.LSHR, 8 * i + lowShift).and(15);
      number(low.or(top)).mul(times).intoArray(out, to + i * ROWS);
    }
  }

  /** Four groups from the bytes of a word. */
  private static void signedBytes(
      MemorySegment data, long word, long unit, float[] out, int to) {
    FloatVector times =
        halfBits(load(data, unit).lanewise(VectorOperators.LSHL, 16)).mul(0x1p112f);
    for (int i = 0; i < QUAD; i++) {
      number(
              load(data, word)
                  .lanewise(VectorOperators.LSHL, 24 - 8 * i)
                  .lanewise(VectorOperators.ASHR, 24))
          .mul(times)
          .intoArray(out, to + i * ROWS);
    }
  }

  private static void scaled(float[] scales, float factor, int count, float[] mins, int to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromArray(FLOATS, scales, to + i * ROWS)
          .mul(factor)
          .intoArray(mins, to + i * ROWS);
    }
  }
}
