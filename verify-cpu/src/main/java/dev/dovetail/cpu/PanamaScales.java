package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaTile.HALF_BITS;
import static dev.dovetail.cpu.PanamaTile.HALF_UNIT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Scales by vectors. Decoding is the twin of {@link ScaleDecoder}: the same numbers, some lanes at
 * a time, into rows of {@code [groups][32]}. Each method is one short loop: the JIT gives up on
 * inlining vectors in longer ones.
 */
final class PanamaScales {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;

  /** Floats between the sums {@code [4 tokens][32]} of two groups. */
  static final int GROUP_STEP = 4 * ROWS;

  private static final int STEP = PanelPart.WORD_BYTES;

  private PanamaScales() {}

  /**
   * @param firstGroup the first of a unit
   * @param count how many groups
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
        case BYTE_MIN -> {
          bytes(data, offset, count, 0, scales, to);
          bytes(data, offset, count, 1, mins, to);
        }
        case EIGHT_BIT -> signedBytes(data, offset, count, scales, to);
      }
      if (part.format().bias() != 0) {
        scaled(scales, -part.format().bias(), count, mins, to);
      }
    }
  }

  private static void floats(
      MemorySegment data, long from, long step, int count, float[] out, int to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromMemorySegment(FLOATS, data, from + i * step, ByteOrder.LITTLE_ENDIAN)
          .intoArray(out, to + i * ROWS);
    }
  }

  /** One f16 of each word: the low half for a shift of 16, the high half for 0. */
  private static void halves(
      MemorySegment data, long from, int shift, int count, int stride, float[] out, int to) {
    for (int i = 0; i < count; i++) {
      IntVector.fromMemorySegment(INTS, data, from + (long) i * STEP, ByteOrder.LITTLE_ENDIAN)
          .lanewise(VectorOperators.LSHL, shift)
          .lanewise(VectorOperators.ASHR, 3)
          .lanewise(VectorOperators.AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoArray(out, to + i * stride);
    }
  }

  /** The scales (kind 0) or the mins (kind 1, with a negative factor) of units of 8 groups. */
  private static void bytes(
      MemorySegment data, long from, int count, int kind, float[] out, int to) {
    for (int first = 0; first < count; first += 8) {
      long unit = from + (long) (first / 8) * 5 * STEP;
      FloatVector times =
          IntVector.fromMemorySegment(INTS, data, unit, ByteOrder.LITTLE_ENDIAN)
              .lanewise(VectorOperators.LSHL, 16 - 16 * kind)
              .lanewise(VectorOperators.ASHR, 3)
              .lanewise(VectorOperators.AND, HALF_BITS)
              .reinterpretAsFloats()
              .mul(kind == 0 ? HALF_UNIT : -HALF_UNIT);
      long words = unit + (1 + 2L * kind) * STEP;
      for (int i = 0; i < 8; i++) {
        FloatVector value =
            (FloatVector)
                IntVector.fromMemorySegment(
                        INTS, data, words + (long) (i / 4) * STEP, ByteOrder.LITTLE_ENDIAN)
                    .lanewise(VectorOperators.LSHL, 24 - 8 * (i % 4))
                    .lanewise(VectorOperators.LSHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
        value.mul(times).intoArray(out, to + (first + i) * ROWS);
      }
    }
  }

  /** Units of 16 groups; the last may end early. */
  private static void signedBytes(MemorySegment data, long from, int count, float[] out, int to) {
    for (int first = 0; first < count; first += 16) {
      long unit = from + (long) (first / 16) * 5 * STEP;
      FloatVector times =
          IntVector.fromMemorySegment(INTS, data, unit + 4 * STEP, ByteOrder.LITTLE_ENDIAN)
              .lanewise(VectorOperators.LSHL, 16)
              .lanewise(VectorOperators.ASHR, 3)
              .lanewise(VectorOperators.AND, HALF_BITS)
              .reinterpretAsFloats()
              .mul(HALF_UNIT);
      int end = Math.min(16, count - first);
      for (int i = 0; i < end; i++) {
        FloatVector value =
            (FloatVector)
                IntVector.fromMemorySegment(
                        INTS, data, unit + (long) (i / 4) * STEP, ByteOrder.LITTLE_ENDIAN)
                    .lanewise(VectorOperators.LSHL, 24 - 8 * (i % 4))
                    .lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
        value.mul(times).intoArray(out, to + (first + i) * ROWS);
      }
    }
  }

  private static void scaled(float[] scales, float factor, int count, float[] mins, int to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromArray(FLOATS, scales, to + i * ROWS)
          .mul(factor)
          .intoArray(mins, to + i * ROWS);
    }
  }

  /** {@code acc = fma(scale, sum, acc)} for each group in order. */
  static void apply(float[] sums, int tokens, int groups, float[] scales, float[] acc, int at) {
    for (int i = 0; i < tokens * ROWS; i += LANES) {
      FloatVector total = FloatVector.fromArray(FLOATS, acc, at + i);
      for (int group = 0; group < groups; group++) {
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, group * ROWS + i % ROWS);
        total = scale.fma(FloatVector.fromArray(FLOATS, sums, group * GROUP_STEP + i), total);
      }
      total.intoArray(acc, at + i);
    }
  }

  /**
   * {@code acc = fma(min, sum of activations, fma(scale, sum, acc))} for each group in order.
   *
   * @param xSums the sums of the activations, {@code [tokens][xStep]} from {@code xAt} on
   */
  static void applyWithMins(
      float[] sums,
      int tokens,
      int groups,
      float[] scales,
      float[] mins,
      float[] xSums,
      int xAt,
      int xStep,
      float[] acc,
      int at) {
    for (int i = 0; i < tokens * ROWS; i += LANES) {
      FloatVector total = FloatVector.fromArray(FLOATS, acc, at + i);
      int x = xAt + i / ROWS * xStep;
      for (int group = 0; group < groups; group++) {
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, group * ROWS + i % ROWS);
        FloatVector min = FloatVector.fromArray(FLOATS, mins, group * ROWS + i % ROWS);
        total = scale.fma(FloatVector.fromArray(FLOATS, sums, group * GROUP_STEP + i), total);
        total = min.fma(FloatVector.broadcast(FLOATS, xSums[x + group]), total);
      }
      total.intoArray(acc, at + i);
    }
  }
}
