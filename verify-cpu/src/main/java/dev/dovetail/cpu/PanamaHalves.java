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
 * Products of weights of 16 bits, widened where they are used: for so few tokens that widening them
 * anew costs less than a {@linkplain PanamaTile tile} to keep them in. Each method goes on from
 * what stands in {@code acc [tokens][32]}, for two vectors of rows. Its loop ends at an address:
 * one that C2 can count it unrolls, reads out of order, and so out of step with the CPU's
 * prefetcher. A method for more tokens than there are takes the last one several times, into sums
 * that nobody reads.
 *
 * <p>The bits of an f16 move into f32's places, sign kept; a factor of 2^112 makes up for the
 * exponents' bias. It comes in by an FMA, which some CPUs do many times faster than a
 * multiplication where a weight is subnormal. The bits of a bf16 stand where f32 has them.
 */
final class PanamaHalves {
  private static final long STEP = PanelPart.WORD_BYTES;
  private static final long NEXT = 4L * LANES;

  private PanamaHalves() {}

  private static int shift(WeightKind kind) {
    return kind == WeightKind.F16 ? 3 : 0;
  }

  private static int bits(WeightKind kind) {
    return kind == WeightKind.F16 ? PanamaTile.HALF_BITS : 0xffff0000;
  }

  private static float unit(WeightKind kind) {
    return kind == WeightKind.F16 ? PanamaTile.HALF_UNIT : 1;
  }

  /** For five to eight tokens. */
  static void eight(
      long from, int words, WeightKind kind, float[] x, int x0, int xStride, int tokens, long acc) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    int x4 = x3 + xStride;
    int x5 = x0 + Math.min(5, tokens - 1) * xStride;
    int x6 = x0 + Math.min(6, tokens - 1) * xStride;
    int x7 = x0 + Math.min(7, tokens - 1) * xStride;
    int shift = shift(kind);
    IntVector bits = IntVector.broadcast(INTS, bits(kind));
    FloatVector unit = FloatVector.broadcast(FLOATS, unit(kind));
    FloatVector zero = FloatVector.zero(FLOATS);
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
    long at = from & ADDRESS;
    int k = 0;
    for (long end = at + words * STEP; at != end; at += STEP) {
      IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      IntVector qb =
          IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector wa =
          qa.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector wb =
          qb.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v00, a0);
      b0 = wb.fma(v00, b0);
      FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v01, a1);
      b1 = wb.fma(v01, b1);
      FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + k]);
      a2 = wa.fma(v02, a2);
      b2 = wb.fma(v02, b2);
      FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + k]);
      a3 = wa.fma(v03, a3);
      b3 = wb.fma(v03, b3);
      FloatVector v04 = FloatVector.broadcast(FLOATS, x[x4 + k]);
      a4 = wa.fma(v04, a4);
      b4 = wb.fma(v04, b4);
      FloatVector v05 = FloatVector.broadcast(FLOATS, x[x5 + k]);
      a5 = wa.fma(v05, a5);
      b5 = wb.fma(v05, b5);
      FloatVector v06 = FloatVector.broadcast(FLOATS, x[x6 + k]);
      a6 = wa.fma(v06, a6);
      b6 = wb.fma(v06, b6);
      FloatVector v07 = FloatVector.broadcast(FLOATS, x[x7 + k]);
      a7 = wa.fma(v07, a7);
      b7 = wb.fma(v07, b7);
      wa = qa.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      wb = qb.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
      a0 = wa.fma(v10, a0);
      b0 = wb.fma(v10, b0);
      FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
      a1 = wa.fma(v11, a1);
      b1 = wb.fma(v11, b1);
      FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + k + 1]);
      a2 = wa.fma(v12, a2);
      b2 = wb.fma(v12, b2);
      FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + k + 1]);
      a3 = wa.fma(v13, a3);
      b3 = wb.fma(v13, b3);
      FloatVector v14 = FloatVector.broadcast(FLOATS, x[x4 + k + 1]);
      a4 = wa.fma(v14, a4);
      b4 = wb.fma(v14, b4);
      FloatVector v15 = FloatVector.broadcast(FLOATS, x[x5 + k + 1]);
      a5 = wa.fma(v15, a5);
      b5 = wb.fma(v15, b5);
      FloatVector v16 = FloatVector.broadcast(FLOATS, x[x6 + k + 1]);
      a6 = wa.fma(v16, a6);
      b6 = wb.fma(v16, b6);
      FloatVector v17 = FloatVector.broadcast(FLOATS, x[x7 + k + 1]);
      a7 = wa.fma(v17, a7);
      b7 = wb.fma(v17, b7);
      k += 2;
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
  static void four(
      long from, int words, WeightKind kind, float[] x, int x0, int xStride, int tokens, long acc) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x0 + (tokens - 1) * xStride;
    int shift = shift(kind);
    IntVector bits = IntVector.broadcast(INTS, bits(kind));
    FloatVector unit = FloatVector.broadcast(FLOATS, unit(kind));
    FloatVector zero = FloatVector.zero(FLOATS);
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
    long at = from & ADDRESS;
    int k = 0;
    for (long end = at + words * STEP; at != end; at += STEP) {
      IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      IntVector qb =
          IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector wa =
          qa.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector wb =
          qb.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v00, a0);
      b0 = wb.fma(v00, b0);
      FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v01, a1);
      b1 = wb.fma(v01, b1);
      FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + k]);
      a2 = wa.fma(v02, a2);
      b2 = wb.fma(v02, b2);
      FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + k]);
      a3 = wa.fma(v03, a3);
      b3 = wb.fma(v03, b3);
      wa = qa.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      wb = qb.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
      a0 = wa.fma(v10, a0);
      b0 = wb.fma(v10, b0);
      FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
      a1 = wa.fma(v11, a1);
      b1 = wb.fma(v11, b1);
      FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + k + 1]);
      a2 = wa.fma(v12, a2);
      b2 = wb.fma(v12, b2);
      FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + k + 1]);
      a3 = wa.fma(v13, a3);
      b3 = wb.fma(v13, b3);
      k += 2;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
    a1.intoMemorySegment(MEMORY, acc + STEP, LITTLE_ENDIAN);
    b1.intoMemorySegment(MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    a2.intoMemorySegment(MEMORY, acc + 2 * STEP, LITTLE_ENDIAN);
    b2.intoMemorySegment(MEMORY, acc + 2 * STEP + NEXT, LITTLE_ENDIAN);
    a3.intoMemorySegment(MEMORY, acc + 3 * STEP, LITTLE_ENDIAN);
    b3.intoMemorySegment(MEMORY, acc + 3 * STEP + NEXT, LITTLE_ENDIAN);
  }

  static void two(long from, int words, WeightKind kind, float[] x, int x0, int xStride, long acc) {
    int x1 = x0 + xStride;
    int shift = shift(kind);
    IntVector bits = IntVector.broadcast(INTS, bits(kind));
    FloatVector unit = FloatVector.broadcast(FLOATS, unit(kind));
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    FloatVector a1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP, LITTLE_ENDIAN);
    FloatVector b1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
    long at = from & ADDRESS;
    int k = 0;
    for (long end = at + words * STEP; at != end; at += STEP) {
      IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      IntVector qb =
          IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector wa =
          qa.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector wb =
          qb.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v00, a0);
      b0 = wb.fma(v00, b0);
      FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a1 = wa.fma(v01, a1);
      b1 = wb.fma(v01, b1);
      wa = qa.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      wb = qb.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
      a0 = wa.fma(v10, a0);
      b0 = wb.fma(v10, b0);
      FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
      a1 = wa.fma(v11, a1);
      b1 = wb.fma(v11, b1);
      k += 2;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
    a1.intoMemorySegment(MEMORY, acc + STEP, LITTLE_ENDIAN);
    b1.intoMemorySegment(MEMORY, acc + STEP + NEXT, LITTLE_ENDIAN);
  }

  static void one(long from, int words, WeightKind kind, float[] x, int x0, long acc) {
    int shift = shift(kind);
    IntVector bits = IntVector.broadcast(INTS, bits(kind));
    FloatVector unit = FloatVector.broadcast(FLOATS, unit(kind));
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc, LITTLE_ENDIAN);
    FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, acc + NEXT, LITTLE_ENDIAN);
    long at = from & ADDRESS;
    int k = 0;
    for (long end = at + words * STEP; at != end; at += STEP) {
      IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
      IntVector qb =
          IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector wa =
          qa.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector wb =
          qb.lanewise(LSHL, 16)
              .lanewise(ASHR, shift)
              .lanewise(AND, bits)
              .reinterpretAsFloats()
              .fma(unit, zero);
      FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + k]);
      a0 = wa.fma(v00, a0);
      b0 = wb.fma(v00, b0);
      wa = qa.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      wb = qb.lanewise(ASHR, shift).lanewise(AND, bits).reinterpretAsFloats().fma(unit, zero);
      FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
      a0 = wa.fma(v10, a0);
      b0 = wb.fma(v10, b0);
      k += 2;
    }
    a0.intoMemorySegment(MEMORY, acc, LITTLE_ENDIAN);
    b0.intoMemorySegment(MEMORY, acc + NEXT, LITTLE_ENDIAN);
  }
}
