package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.ADDRESS;
import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Unquantised weights: some columns of a panel of halves widened into a tile {@code [k][32]} of
 * f32, and sums over such a tile, or over f32 weights as they lie, for two vectors of rows and a
 * few tokens, each going on from what stands in {@code acc [tokens][32]}. Tile and sums are given
 * by the address of their first row. A method for more tokens than there are takes the last one
 * several times, into sums that nobody reads.
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
   * Fills one vector of rows of the tile with {@code cols} weights from {@code row} and {@code k}
   * on; {@code k} begins a word.
   */
  static void fill(PanelPart part, int panel, int row, int k, int cols, long tile) {
    WeightKind kind = part.format().weights();
    int words = kind.words(cols);
    long offset = part.weightOffset(panel, k);
    long from = PanelBlock.address(part.data(), offset, (long) words * STEP) + 4L * row;
    switch (kind) {
      case F16 -> f16(from, words, tile);
      case BF16 -> bf16(from, words, tile);
      default -> throw new IllegalArgumentException(kind + " weights need no tile");
    }
  }

  /** See {@link PanamaHalves}. Exact where finite. */
  private static void f16(long from, int words, long tile) {
    FloatVector unit = FloatVector.broadcast(FLOATS, HALF_UNIT);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, MEMORY, from + (long) w * STEP, LITTLE_ENDIAN);
      two.lanewise(LSHL, 16)
          .lanewise(ASHR, 3)
          .lanewise(AND, HALF_BITS)
          .reinterpretAsFloats()
          .fma(unit, zero)
          .intoMemorySegment(MEMORY, tile + 2L * w * STEP, LITTLE_ENDIAN);
      two.lanewise(ASHR, 3)
          .lanewise(AND, HALF_BITS)
          .reinterpretAsFloats()
          .fma(unit, zero)
          .intoMemorySegment(MEMORY, tile + (2L * w + 1) * STEP, LITTLE_ENDIAN);
    }
  }

  private static void bf16(long from, int words, long tile) {
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, MEMORY, from + (long) w * STEP, LITTLE_ENDIAN);
      two.lanewise(LSHL, 16)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, tile + 2L * w * STEP, LITTLE_ENDIAN);
      two.lanewise(AND, 0xffff0000)
          .reinterpretAsFloats()
          .intoMemorySegment(MEMORY, tile + (2L * w + 1) * STEP, LITTLE_ENDIAN);
    }
  }

  /** For five to eight tokens. */
  static void eight(long tile, int cols, float[] x, int x0, int xStride, int tokens, long acc) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    int x4 = x3 + xStride;
    int x5 = x0 + Math.min(5, tokens - 1) * xStride;
    int x6 = x0 + Math.min(6, tokens - 1) * xStride;
    int x7 = x0 + Math.min(7, tokens - 1) * xStride;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 2 * STEP, LITTLE_ENDIAN);
    FloatVector b2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 2 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 3 * STEP, LITTLE_ENDIAN);
    FloatVector b3 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 3 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a4 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 4 * STEP, LITTLE_ENDIAN);
    FloatVector b4 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 4 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a5 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 5 * STEP, LITTLE_ENDIAN);
    FloatVector b5 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 5 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a6 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 6 * STEP, LITTLE_ENDIAN);
    FloatVector b6 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 6 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector a7 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 7 * STEP, LITTLE_ENDIAN);
    FloatVector b7 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 7 * STEP + NEXT, LITTLE_ENDIAN);
    long at = tile & ADDRESS;
    int k = 0;
    for (long end = at + (long) cols * STEP; at != end; at += STEP) {
      FloatVector wa = FloatVector.fromMemorySegment(FLOATS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      FloatVector wb =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
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
      FloatVector v4 = FloatVector.broadcast(FLOATS, x[x4 + k]);
      a4 = wa.fma(v4, a4);
      b4 = wb.fma(v4, b4);
      FloatVector v5 = FloatVector.broadcast(FLOATS, x[x5 + k]);
      a5 = wa.fma(v5, a5);
      b5 = wb.fma(v5, b5);
      FloatVector v6 = FloatVector.broadcast(FLOATS, x[x6 + k]);
      a6 = wa.fma(v6, a6);
      b6 = wb.fma(v6, b6);
      FloatVector v7 = FloatVector.broadcast(FLOATS, x[x7 + k]);
      a7 = wa.fma(v7, a7);
      b7 = wb.fma(v7, b7);
      k++;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
    a1.intoMemorySegment(MEMORY, acc + STEP, LITTLE_ENDIAN);
    b1.intoMemorySegment(MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    a2.intoMemorySegment(MEMORY, acc + 2 * STEP, LITTLE_ENDIAN);
    b2.intoMemorySegment(MEMORY, acc + 2 * STEP + NEXT, LITTLE_ENDIAN);
    a3.intoMemorySegment(MEMORY, acc + 3 * STEP, LITTLE_ENDIAN);
    b3.intoMemorySegment(MEMORY, acc + 3 * STEP + NEXT, LITTLE_ENDIAN);
    a4.intoMemorySegment(MEMORY, acc + 4 * STEP, LITTLE_ENDIAN);
    b4.intoMemorySegment(MEMORY, acc + 4 * STEP + NEXT, LITTLE_ENDIAN);
    a5.intoMemorySegment(MEMORY, acc + 5 * STEP, LITTLE_ENDIAN);
    b5.intoMemorySegment(MEMORY, acc + 5 * STEP + NEXT, LITTLE_ENDIAN);
    a6.intoMemorySegment(MEMORY, acc + 6 * STEP, LITTLE_ENDIAN);
    b6.intoMemorySegment(MEMORY, acc + 6 * STEP + NEXT, LITTLE_ENDIAN);
    a7.intoMemorySegment(MEMORY, acc + 7 * STEP, LITTLE_ENDIAN);
    b7.intoMemorySegment(MEMORY, acc + 7 * STEP + NEXT, LITTLE_ENDIAN);
  }

  /** For three or four tokens. */
  static void four(long tile, int cols, float[] x, int x0, int xStride, int tokens, long acc) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x0 + (tokens - 1) * xStride;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP, LITTLE_ENDIAN);
    FloatVector a2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 2 * STEP, LITTLE_ENDIAN);
    FloatVector a3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 3 * STEP, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    FloatVector b2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 2 * STEP + NEXT, LITTLE_ENDIAN);
    FloatVector b3 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + 3 * STEP + NEXT, LITTLE_ENDIAN);
    long at = tile & ADDRESS;
    int k = 0;
    for (long end = at + (long) cols * STEP; at != end; at += STEP) {
      FloatVector wa = FloatVector.fromMemorySegment(FLOATS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      FloatVector wb =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
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
      k++;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    a1.intoMemorySegment(MEMORY, acc + STEP, LITTLE_ENDIAN);
    a2.intoMemorySegment(MEMORY, acc + 2 * STEP, LITTLE_ENDIAN);
    a3.intoMemorySegment(MEMORY, acc + 3 * STEP, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
    b1.intoMemorySegment(MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    b2.intoMemorySegment(MEMORY, acc + 2 * STEP + NEXT, LITTLE_ENDIAN);
    b3.intoMemorySegment(MEMORY, acc + 3 * STEP + NEXT, LITTLE_ENDIAN);
  }

  static void two(long tile, int cols, float[] x, int x0, int xStride, long acc) {
    int x1 = x0 + xStride;
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    long at = tile & ADDRESS;
    int k = 0;
    for (long end = at + (long) cols * STEP; at != end; at += STEP) {
      FloatVector wa = FloatVector.fromMemorySegment(FLOATS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      FloatVector wb =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v0, a0);
      b0 = wb.fma(v0, b0);
      FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v1, a1);
      b1 = wb.fma(v1, b1);
      k++;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    a1.intoMemorySegment(MEMORY, acc + STEP, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
    b1.intoMemorySegment(MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
  }

  static void one(long tile, int cols, float[] x, int x0, long acc) {
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    long at = tile & ADDRESS;
    int k = 0;
    for (long end = at + (long) cols * STEP; at != end; at += STEP) {
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, at & ADDRESS, LITTLE_ENDIAN).fma(v0, a0);
      b0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN)
              .fma(v0, b0);
      k++;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
  }
}
