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
 * Unquantised weights: some columns of a pair of panels widened into a tile {@code [k][32]} of f32,
 * and sums over the tile for two vectors of rows, which stand at {@code a} and {@code b}, and a few
 * tokens, each going on from what stands in {@code acc [tokens][32]}.
 */
final class PanamaTile {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;
  private static final int STEP = PanelPart.WORD_BYTES;

  /**
   * Where sign, exponent and mantissa of an f16 lie once its bits are shifted by 13 into an f32.
   */
  static final int HALF_BITS = 0x8fffe000;

  /** What such an f32 must be multiplied by. */
  static final float HALF_UNIT = 0x1p112f;

  private PanamaTile() {}

  /**
   * Fills the tile with all lanes of a panel, {@code cols} weights from {@code k} on; {@code k}
   * begins a word.
   */
  static void fill(PanelPart part, int panel, int k, int cols, float[] tile, int at) {
    WeightKind kind = part.format().weights();
    MemorySegment data = part.weights();
    int words = kind.words(cols);
    for (int lane = 0; lane < PanelPart.LANES; lane += LANES) {
      long from = part.weightOffset(panel, k) + 4L * lane;
      switch (kind) {
        case FOUR_BIT, EIGHT_BIT ->
            throw new IllegalArgumentException(kind + " weights are unpacked in registers");
        case F16 -> f16(data, from, words, tile, at + lane);
        case BF16 -> bf16(data, from, words, tile, at + lane);
        case F32 -> f32(data, from, words, tile, at + lane);
      }
    }
  }

  /**
   * An f16's bits move into f32's places, sign kept; 2^112 makes up for the exponents' bias. Exact
   * where finite.
   */
  private static void f16(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, data, from + (long) w * STEP, ByteOrder.LITTLE_ENDIAN);
      two.lanewise(VectorOperators.LSHL, 16)
          .lanewise(VectorOperators.ASHR, 3)
          .lanewise(VectorOperators.AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoArray(tile, to + 2 * w * ROWS);
      two.lanewise(VectorOperators.ASHR, 3)
          .lanewise(VectorOperators.AND, HALF_BITS)
          .reinterpretAsFloats()
          .mul(HALF_UNIT)
          .intoArray(tile, to + (2 * w + 1) * ROWS);
    }
  }

  private static void bf16(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      IntVector two =
          IntVector.fromMemorySegment(INTS, data, from + (long) w * STEP, ByteOrder.LITTLE_ENDIAN);
      two.lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(tile, to + 2 * w * ROWS);
      two.lanewise(VectorOperators.AND, 0xffff0000)
          .reinterpretAsFloats()
          .intoArray(tile, to + (2 * w + 1) * ROWS);
    }
  }

  private static void f32(MemorySegment data, long from, int words, float[] tile, int to) {
    for (int w = 0; w < words; w++) {
      FloatVector.fromMemorySegment(FLOATS, data, from + (long) w * STEP, ByteOrder.LITTLE_ENDIAN)
          .intoArray(tile, to + w * ROWS);
    }
  }

  static void four(
      float[] tile, int a, int b, int cols, float[] x, int x0, int xStride, float[] acc, int at) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    FloatVector a0 = FloatVector.fromArray(FLOATS, acc, at + a);
    FloatVector a1 = FloatVector.fromArray(FLOATS, acc, at + ROWS + a);
    FloatVector a2 = FloatVector.fromArray(FLOATS, acc, at + 2 * ROWS + a);
    FloatVector a3 = FloatVector.fromArray(FLOATS, acc, at + 3 * ROWS + a);
    FloatVector b0 = FloatVector.fromArray(FLOATS, acc, at + b);
    FloatVector b1 = FloatVector.fromArray(FLOATS, acc, at + ROWS + b);
    FloatVector b2 = FloatVector.fromArray(FLOATS, acc, at + 2 * ROWS + b);
    FloatVector b3 = FloatVector.fromArray(FLOATS, acc, at + 3 * ROWS + b);
    for (int k = 0; k < cols; k++) {
      FloatVector wa = FloatVector.fromArray(FLOATS, tile, k * ROWS + a);
      FloatVector wb = FloatVector.fromArray(FLOATS, tile, k * ROWS + b);
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
    a0.intoArray(acc, at + a);
    a1.intoArray(acc, at + ROWS + a);
    a2.intoArray(acc, at + 2 * ROWS + a);
    a3.intoArray(acc, at + 3 * ROWS + a);
    b0.intoArray(acc, at + b);
    b1.intoArray(acc, at + ROWS + b);
    b2.intoArray(acc, at + 2 * ROWS + b);
    b3.intoArray(acc, at + 3 * ROWS + b);
  }

  static void two(
      float[] tile, int a, int b, int cols, float[] x, int x0, int xStride, float[] acc, int at) {
    int x1 = x0 + xStride;
    FloatVector a0 = FloatVector.fromArray(FLOATS, acc, at + a);
    FloatVector a1 = FloatVector.fromArray(FLOATS, acc, at + ROWS + a);
    FloatVector b0 = FloatVector.fromArray(FLOATS, acc, at + b);
    FloatVector b1 = FloatVector.fromArray(FLOATS, acc, at + ROWS + b);
    for (int k = 0; k < cols; k++) {
      FloatVector wa = FloatVector.fromArray(FLOATS, tile, k * ROWS + a);
      FloatVector wb = FloatVector.fromArray(FLOATS, tile, k * ROWS + b);
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v0, a0);
      b0 = wb.fma(v0, b0);
      FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v1, a1);
      b1 = wb.fma(v1, b1);
    }
    a0.intoArray(acc, at + a);
    a1.intoArray(acc, at + ROWS + a);
    b0.intoArray(acc, at + b);
    b1.intoArray(acc, at + ROWS + b);
  }

  static void one(float[] tile, int a, int b, int cols, float[] x, int x0, float[] acc, int at) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, acc, at + a);
    FloatVector b0 = FloatVector.fromArray(FLOATS, acc, at + b);
    for (int k = 0; k < cols; k++) {
      FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = FloatVector.fromArray(FLOATS, tile, k * ROWS + a).fma(v0, a0);
      b0 = FloatVector.fromArray(FLOATS, tile, k * ROWS + b).fma(v0, b0);
    }
    a0.intoArray(acc, at + a);
    b0.intoArray(acc, at + b);
  }
}
