package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Unquantised weights: some columns of a panel widened into a tile {@code [k][32]} of f32, and sums
 * over the tile for two vectors of rows, from {@code row} on, and a few tokens, each going on from
 * what stands in {@code acc [tokens][32]}.
 */
final class PanamaTile {
  private static final int STEP = PanelPart.WORD_BYTES;
  private static final long NEXT = 4L * LANES;

  /**
   * Where sign, exponent and mantissa of an f16 lie once its bits are shifted by 13 into an f32.
   */
  static final int HALF_BITS = 0x8fffe000;

  /** What such an f32 must be multiplied by. */
  static final float HALF_UNIT = 0x1p112f;

  private PanamaTile() {}

  /**
   * Fills one vector of rows of the tile with {@code cols} weights from {@code k} on; {@code k}
   * begins a word.
   */
  static void fill(PanelPart part, int panel, int k, int cols, MemorySegment tile, int row) {
    WeightKind kind = part.format().weights();
    MemorySegment data = part.weights();
    int words = kind.words(cols);
    long from = part.weightOffset(panel, k) + 4L * row;
    switch (kind) {
      case F16 -> f16(data, from, words, tile, 4L * row);
      case BF16 -> bf16(data, from, words, tile, 4L * row);
      case F32 -> f32(data, from, words, tile, 4L * row);
      default -> throw new IllegalArgumentException(kind + " weights have a class of their own");
    }
  }

  /**
   * An f16's bits move into f32's places, sign kept; 2^112 makes up for the exponents' bias. Exact
   * where finite.
   */
  private static void f16(MemorySegment data, long from, int words, MemorySegment tile, long to) {
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, data, from + (long) w * STEP, LITTLE_ENDIAN);
      two.lanewise(LSHL, 16)
          .lanewise(ASHR, 3)
          .lanewise(AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoMemorySegment(tile, to + 2L * w * STEP, LITTLE_ENDIAN);
      two.lanewise(ASHR, 3)
          .lanewise(AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoMemorySegment(tile, to + (2L * w + 1) * STEP, LITTLE_ENDIAN);
    }
  }

  private static void bf16(MemorySegment data, long from, int words, MemorySegment tile, long to) {
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, data, from + (long) w * STEP, LITTLE_ENDIAN);
      two.lanewise(LSHL, 16)
          .reinterpretAsFloats()
          .intoMemorySegment(tile, to + 2L * w * STEP, LITTLE_ENDIAN);
      two.lanewise(AND, 0xffff0000)
          .reinterpretAsFloats()
          .intoMemorySegment(tile, to + (2L * w + 1) * STEP, LITTLE_ENDIAN);
    }
  }

  private static void f32(MemorySegment data, long from, int words, MemorySegment tile, long to) {
    for (int w = 0; w < words; w++) {
      FloatVector.fromMemorySegment(FLOATS, data, from + (long) w * STEP, LITTLE_ENDIAN)
          .intoMemorySegment(tile, to + (long) w * STEP, LITTLE_ENDIAN);
    }
  }

  static void four(
      MemorySegment tile,
      int row,
      int cols,
      float[] x,
      int x0,
      int xStride,
      MemorySegment acc,
      long at) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row, LITTLE_ENDIAN);
    FloatVector a1 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + STEP + 4L * row, LITTLE_ENDIAN);
    FloatVector a2 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 2 * STEP + 4L * row, LITTLE_ENDIAN);
    FloatVector a3 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 3 * STEP + 4L * row, LITTLE_ENDIAN);
    FloatVector b0 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    FloatVector b2 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 2 * STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    FloatVector b3 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 3 * STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    long from = 4L * row;
    for (int k = 0; k < cols; k++) {
      FloatVector wa =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP, LITTLE_ENDIAN);
      FloatVector wb =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP + NEXT, LITTLE_ENDIAN);
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v0, a0);
      b0 = wb.fma(v0, b0);
      FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v1, a1);
      b1 = wb.fma(v1, b1);
      FloatVector v2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
      a2 = wa.fma(v2, a2);
      b2 = wb.fma(v2, b2);
      FloatVector v3 = FloatVector.broadcast(FLOATS, x[x3 + k]);
      a3 = wa.fma(v3, a3);
      b3 = wb.fma(v3, b3);
    }
    a0.intoMemorySegment(acc, at + 4L * row, LITTLE_ENDIAN);
    a1.intoMemorySegment(acc, at + STEP + 4L * row, LITTLE_ENDIAN);
    a2.intoMemorySegment(acc, at + 2 * STEP + 4L * row, LITTLE_ENDIAN);
    a3.intoMemorySegment(acc, at + 3 * STEP + 4L * row, LITTLE_ENDIAN);
    b0.intoMemorySegment(acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
    b1.intoMemorySegment(acc, at + STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    b2.intoMemorySegment(acc, at + 2 * STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    b3.intoMemorySegment(acc, at + 3 * STEP + 4L * row + NEXT, LITTLE_ENDIAN);
  }

  static void two(
      MemorySegment tile,
      int row,
      int cols,
      float[] x,
      int x0,
      int xStride,
      MemorySegment acc,
      long at) {
    int x1 = x0 + xStride;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row, LITTLE_ENDIAN);
    FloatVector a1 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + STEP + 4L * row, LITTLE_ENDIAN);
    FloatVector b0 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + STEP + 4L * row + NEXT, LITTLE_ENDIAN);
    long from = 4L * row;
    for (int k = 0; k < cols; k++) {
      FloatVector wa =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP, LITTLE_ENDIAN);
      FloatVector wb =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP + NEXT, LITTLE_ENDIAN);
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v0, a0);
      b0 = wb.fma(v0, b0);
      FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v1, a1);
      b1 = wb.fma(v1, b1);
    }
    a0.intoMemorySegment(acc, at + 4L * row, LITTLE_ENDIAN);
    a1.intoMemorySegment(acc, at + STEP + 4L * row, LITTLE_ENDIAN);
    b0.intoMemorySegment(acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
    b1.intoMemorySegment(acc, at + STEP + 4L * row + NEXT, LITTLE_ENDIAN);
  }

  static void one(
      MemorySegment tile, int row, int cols, float[] x, int x0, MemorySegment acc, long at) {
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row, LITTLE_ENDIAN);
    FloatVector b0 =
        FloatVector.fromMemorySegment(FLOATS, acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
    long from = 4L * row;
    for (int k = 0; k < cols; k++) {
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP, LITTLE_ENDIAN)
              .fma(v0, a0);
      b0 =
          FloatVector.fromMemorySegment(FLOATS, tile, from + (long) k * STEP + NEXT, LITTLE_ENDIAN)
              .fma(v0, b0);
    }
    a0.intoMemorySegment(acc, at + 4L * row, LITTLE_ENDIAN);
    b0.intoMemorySegment(acc, at + 4L * row + NEXT, LITTLE_ENDIAN);
  }
}
