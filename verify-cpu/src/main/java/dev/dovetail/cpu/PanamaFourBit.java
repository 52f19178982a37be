package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Unscaled sums of {@link WeightKind#FOUR_BIT} weights, unpacked in registers: two vectors of rows,
 * whose words start at {@code wordA} and {@code wordB}, against the activations of a few tokens.
 * The sums of {@code groups} groups go to {@code sums [groups][4][32]}, those of the first vector
 * at {@code a}, of the second at {@code b}.
 *
 * <p>A weight is masked where it stands, not shifted down: that costs one instruction instead of
 * two, and the power of two by which it is then too large has been taken from the activations
 * ({@link MatmulCall#activations}).
 */
final class PanamaFourBit {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;
  private static final int STEP = PanelPart.WORD_BYTES;
  private static final int PER_WORD = 8;

  /** The first weight of a word stands in the sign's place, and is shifted. */
  private static final int TOP_SHIFT = 28;

  private static final int SECOND = 0x0f000000;

  private PanamaFourBit() {}

  static void four(
      MemorySegment data,
      long wordA,
      long wordB,
      int groups,
      int groupWords,
      float[] x,
      int x0,
      int xStride,
      float[] sums,
      int a,
      int b) {
    int x1 = x0 + xStride;
    int x2 = x1 + xStride;
    int x3 = x2 + xStride;
    int k = 0;
    long word = 0;
    for (int group = 0; group < groups; group++) {
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector a1 = a0;
      FloatVector a2 = a0;
      FloatVector a3 = a0;
      FloatVector b0 = a0;
      FloatVector b1 = a0;
      FloatVector b2 = a0;
      FloatVector b3 = a0;
      for (int i = 0; i < groupWords; i++) {
        IntVector qa =
            IntVector.fromMemorySegment(INTS, data, wordA + word, ByteOrder.LITTLE_ENDIAN);
        IntVector qb =
            IntVector.fromMemorySegment(INTS, data, wordB + word, ByteOrder.LITTLE_ENDIAN);
        word += STEP;
        FloatVector wa =
            (FloatVector)
                qa.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
        FloatVector wb =
            (FloatVector)
                qb.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
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
        IntVector mask = IntVector.broadcast(INTS, SECOND);
        for (int j = 1; j < PER_WORD; j++) {
          wa =
              (FloatVector)
                  qa.lanewise(VectorOperators.AND, mask)
                      .convertShape(VectorOperators.I2F, FLOATS, 0);
          wb =
              (FloatVector)
                  qb.lanewise(VectorOperators.AND, mask)
                      .convertShape(VectorOperators.I2F, FLOATS, 0);
          mask = mask.lanewise(VectorOperators.LSHR, 4);
          FloatVector u0 = FloatVector.broadcast(FLOATS, x[x0 + k + j]);
          a0 = wa.fma(u0, a0);
          b0 = wb.fma(u0, b0);
          FloatVector u1 = FloatVector.broadcast(FLOATS, x[x1 + k + j]);
          a1 = wa.fma(u1, a1);
          b1 = wb.fma(u1, b1);
          FloatVector u2 = FloatVector.broadcast(FLOATS, x[x2 + k + j]);
          a2 = wa.fma(u2, a2);
          b2 = wb.fma(u2, b2);
          FloatVector u3 = FloatVector.broadcast(FLOATS, x[x3 + k + j]);
          a3 = wa.fma(u3, a3);
          b3 = wb.fma(u3, b3);
        }
        k += PER_WORD;
      }
      int to = group * PanamaScales.GROUP_STEP;
      a0.intoArray(sums, to + a);
      a1.intoArray(sums, to + ROWS + a);
      a2.intoArray(sums, to + 2 * ROWS + a);
      a3.intoArray(sums, to + 3 * ROWS + a);
      b0.intoArray(sums, to + b);
      b1.intoArray(sums, to + ROWS + b);
      b2.intoArray(sums, to + 2 * ROWS + b);
      b3.intoArray(sums, to + 3 * ROWS + b);
    }
  }

  static void two(
      MemorySegment data,
      long wordA,
      long wordB,
      int groups,
      int groupWords,
      float[] x,
      int x0,
      int xStride,
      float[] sums,
      int a,
      int b) {
    int x1 = x0 + xStride;
    int k = 0;
    long word = 0;
    for (int group = 0; group < groups; group++) {
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector a1 = a0;
      FloatVector b0 = a0;
      FloatVector b1 = a0;
      for (int i = 0; i < groupWords; i++) {
        IntVector qa =
            IntVector.fromMemorySegment(INTS, data, wordA + word, ByteOrder.LITTLE_ENDIAN);
        IntVector qb =
            IntVector.fromMemorySegment(INTS, data, wordB + word, ByteOrder.LITTLE_ENDIAN);
        word += STEP;
        FloatVector wa =
            (FloatVector)
                qa.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
        FloatVector wb =
            (FloatVector)
                qb.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
        a0 = wa.fma(v0, a0);
        b0 = wb.fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
        a1 = wa.fma(v1, a1);
        b1 = wb.fma(v1, b1);
        IntVector mask = IntVector.broadcast(INTS, SECOND);
        for (int j = 1; j < PER_WORD; j++) {
          wa =
              (FloatVector)
                  qa.lanewise(VectorOperators.AND, mask)
                      .convertShape(VectorOperators.I2F, FLOATS, 0);
          wb =
              (FloatVector)
                  qb.lanewise(VectorOperators.AND, mask)
                      .convertShape(VectorOperators.I2F, FLOATS, 0);
          mask = mask.lanewise(VectorOperators.LSHR, 4);
          FloatVector u0 = FloatVector.broadcast(FLOATS, x[x0 + k + j]);
          a0 = wa.fma(u0, a0);
          b0 = wb.fma(u0, b0);
          FloatVector u1 = FloatVector.broadcast(FLOATS, x[x1 + k + j]);
          a1 = wa.fma(u1, a1);
          b1 = wb.fma(u1, b1);
        }
        k += PER_WORD;
      }
      int to = group * PanamaScales.GROUP_STEP;
      a0.intoArray(sums, to + a);
      a1.intoArray(sums, to + ROWS + a);
      b0.intoArray(sums, to + b);
      b1.intoArray(sums, to + ROWS + b);
    }
  }

  /** Two groups side by side, for four independent chains; an odd last group by itself. */
  static void one(
      MemorySegment data,
      long wordA,
      long wordB,
      int groups,
      int groupWords,
      float[] x,
      int x0,
      float[] sums,
      int a,
      int b) {
    int columns = groupWords * PER_WORD;
    long bytes = (long) groupWords * STEP;
    for (int group = 0; group < groups; group += 2) {
      int after = group + 1 < groups ? 1 : 0;
      int k = x0 + group * columns;
      int l = k + after * columns;
      long word = group * bytes;
      long other = word + after * bytes;
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector a1 = a0;
      FloatVector b0 = a0;
      FloatVector b1 = a0;
      for (int i = 0; i < groupWords; i++) {
        IntVector qa0 =
            IntVector.fromMemorySegment(INTS, data, wordA + word, ByteOrder.LITTLE_ENDIAN);
        IntVector qb0 =
            IntVector.fromMemorySegment(INTS, data, wordB + word, ByteOrder.LITTLE_ENDIAN);
        IntVector qa1 =
            IntVector.fromMemorySegment(INTS, data, wordA + other, ByteOrder.LITTLE_ENDIAN);
        IntVector qb1 =
            IntVector.fromMemorySegment(INTS, data, wordB + other, ByteOrder.LITTLE_ENDIAN);
        word += STEP;
        other += STEP;
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[k]);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[l]);
        a0 =
            ((FloatVector)
                    qa0.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .fma(v0, a0);
        b0 =
            ((FloatVector)
                    qb0.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .fma(v0, b0);
        a1 =
            ((FloatVector)
                    qa1.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .fma(v1, a1);
        b1 =
            ((FloatVector)
                    qb1.lanewise(VectorOperators.LSHR, TOP_SHIFT)
                        .convertShape(VectorOperators.I2F, FLOATS, 0))
                .fma(v1, b1);
        IntVector mask = IntVector.broadcast(INTS, SECOND);
        for (int j = 1; j < PER_WORD; j++) {
          FloatVector u0 = FloatVector.broadcast(FLOATS, x[k + j]);
          FloatVector u1 = FloatVector.broadcast(FLOATS, x[l + j]);
          a0 =
              ((FloatVector)
                      qa0.lanewise(VectorOperators.AND, mask)
                          .convertShape(VectorOperators.I2F, FLOATS, 0))
                  .fma(u0, a0);
          b0 =
              ((FloatVector)
                      qb0.lanewise(VectorOperators.AND, mask)
                          .convertShape(VectorOperators.I2F, FLOATS, 0))
                  .fma(u0, b0);
          a1 =
              ((FloatVector)
                      qa1.lanewise(VectorOperators.AND, mask)
                          .convertShape(VectorOperators.I2F, FLOATS, 0))
                  .fma(u1, a1);
          b1 =
              ((FloatVector)
                      qb1.lanewise(VectorOperators.AND, mask)
                          .convertShape(VectorOperators.I2F, FLOATS, 0))
                  .fma(u1, b1);
          mask = mask.lanewise(VectorOperators.LSHR, 4);
        }
        k += PER_WORD;
        l += PER_WORD;
      }
      int to = group * PanamaScales.GROUP_STEP;
      a0.intoArray(sums, to + a);
      b0.intoArray(sums, to + b);
      int next = to + after * PanamaScales.GROUP_STEP;
      a1.intoArray(sums, next + a);
      b1.intoArray(sums, next + b);
    }
  }
}
