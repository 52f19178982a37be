package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.ADDRESS;
import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.WeightKind.SUBNORMAL;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Products of {@link WeightKind#SIX_BIT} weights, in the way of {@link PanamaFourBit}. */
final class PanamaSixBit {
  private static final int SIX_0 = 0x3f;
  private static final int SIX_1 = 0xfc0;
  private static final int SIX_2 = 0x3f000;

  /** From the lower half of a word to the upper. */
  private static final int HALF = 18;

  private static final long WORD = PanelPart.WORD_BYTES;

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaSixBit() {}

  static void one(PanelBlock block, int token, int row) {
    long at = (block.word + 4L * row) & ADDRESS;
    float[] x = block.x;
    int x0 = block.xStart + token * block.xStride;
    float[] sums = block.sums;
    int sum0 = block.sumStart + token * block.sumStride;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS), LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; at += WORD) {
        IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS), LITTLE_ENDIAN);
        IntVector qb0 =
            IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
        FloatVector a0;
        FloatVector b0;
        FloatVector wa0 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_0).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
        FloatVector wb0 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_0).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0]);
        a0 = wa0.fma(v00, zero);
        b0 = wb0.fma(v00, zero);
        FloatVector wa1 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_1).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
        FloatVector wb1 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_1).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + 1]);
        a0 = wa1.fma(v10, a0);
        b0 = wb1.fma(v10, b0);
        FloatVector wa2 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_2).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
        FloatVector wb2 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_2).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
        FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + 2]);
        a0 = wa2.fma(v20, a0);
        b0 = wb2.fma(v20, b0);
        qa0 = qa0.lanewise(LSHR, HALF);
        qb0 = qb0.lanewise(LSHR, HALF);
        FloatVector wa3 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_0).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
        FloatVector wb3 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_0).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
        FloatVector v30 = FloatVector.broadcast(FLOATS, x[x0 + 3]);
        a0 = wa3.fma(v30, a0);
        b0 = wb3.fma(v30, b0);
        FloatVector wa4 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_1).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
        FloatVector wb4 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_1).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
        FloatVector v40 = FloatVector.broadcast(FLOATS, x[x0 + 4]);
        a0 = wa4.fma(v40, a0);
        b0 = wb4.fma(v40, b0);
        FloatVector wa5 =
            (SUBNORMAL
                ? qa0.lanewise(AND, SIX_2).reinterpretAsFloats()
                : (FloatVector) qa0.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
        FloatVector wb5 =
            (SUBNORMAL
                ? qb0.lanewise(AND, SIX_2).reinterpretAsFloats()
                : (FloatVector) qb0.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
        FloatVector v50 = FloatVector.broadcast(FLOATS, x[x0 + 5]);
        a0 = wa5.fma(v50, a0);
        b0 = wb5.fma(v50, b0);
        x0 += 6;
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS), LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0++]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
  }

  static void two(PanelBlock block, int token, int row) {
    long at = (block.word + 4L * row) & ADDRESS;
    float[] x = block.x;
    int x0 = block.xStart + token * block.xStride;
    int x1 = x0 + block.xStride;
    float[] sums = block.sums;
    int sum0 = block.sumStart + token * block.sumStride;
    int sum1 = sum0 + block.sumStride;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 1 * WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 1 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS), LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; at += WORD) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS), LITTLE_ENDIAN);
        IntVector qb =
            IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
        for (int half = 1; half != 4; half <<= 1) {
          FloatVector wa0 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_0).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
          FloatVector wb0 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_0).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0]);
          a0 = wa0.fma(v00, a0);
          b0 = wb0.fma(v00, b0);
          FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1]);
          a1 = wa0.fma(v01, a1);
          b1 = wb0.fma(v01, b1);
          FloatVector wa1 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_1).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
          FloatVector wb1 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_1).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + 1]);
          a0 = wa1.fma(v10, a0);
          b0 = wb1.fma(v10, b0);
          FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + 1]);
          a1 = wa1.fma(v11, a1);
          b1 = wb1.fma(v11, b1);
          FloatVector wa2 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_2).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
          FloatVector wb2 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_2).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
          FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + 2]);
          a0 = wa2.fma(v20, a0);
          b0 = wb2.fma(v20, b0);
          FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + 2]);
          a1 = wa2.fma(v21, a1);
          b1 = wb2.fma(v21, b1);
          qa = qa.lanewise(LSHR, HALF);
          qb = qb.lanewise(LSHR, HALF);
          x0 += 3;
          x1 += 3;
        }
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
        accA1 = scaleA.fma(a1, accA1);
        accB1 = scaleB.fma(b1, accB1);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS), LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0++]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum1++]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + 1 * WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + 1 * WORD + NEXT, LITTLE_ENDIAN);
  }

  static void four(PanelBlock block, int token, int row) {
    long at = (block.word + 4L * row) & ADDRESS;
    float[] x = block.x;
    int x0 = block.xStart + token * block.xStride;
    int x1 = x0 + block.xStride;
    int x2 = x1 + block.xStride;
    int x3 = x2 + block.xStride;
    float[] sums = block.sums;
    int sum0 = block.sumStart + token * block.sumStride;
    int sum1 = sum0 + block.sumStride;
    int sum2 = sum1 + block.sumStride;
    int sum3 = sum2 + block.sumStride;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 1 * WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 1 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accB2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
    FloatVector accB3 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS), LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; at += WORD) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector a2 = zero;
        FloatVector b2 = zero;
        FloatVector a3 = zero;
        FloatVector b3 = zero;
        IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS), LITTLE_ENDIAN);
        IntVector qb =
            IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
        for (int half = 1; half != 4; half <<= 1) {
          FloatVector wa0 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_0).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
          FloatVector wb0 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_0).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_0).convertShape(I2F, FLOATS, 0));
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0]);
          a0 = wa0.fma(v00, a0);
          b0 = wb0.fma(v00, b0);
          FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1]);
          a1 = wa0.fma(v01, a1);
          b1 = wb0.fma(v01, b1);
          FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2]);
          a2 = wa0.fma(v02, a2);
          b2 = wb0.fma(v02, b2);
          FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3]);
          a3 = wa0.fma(v03, a3);
          b3 = wb0.fma(v03, b3);
          FloatVector wa1 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_1).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
          FloatVector wb1 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_1).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_1).convertShape(I2F, FLOATS, 0));
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + 1]);
          a0 = wa1.fma(v10, a0);
          b0 = wb1.fma(v10, b0);
          FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + 1]);
          a1 = wa1.fma(v11, a1);
          b1 = wb1.fma(v11, b1);
          FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + 1]);
          a2 = wa1.fma(v12, a2);
          b2 = wb1.fma(v12, b2);
          FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + 1]);
          a3 = wa1.fma(v13, a3);
          b3 = wb1.fma(v13, b3);
          FloatVector wa2 =
              (SUBNORMAL
                  ? qa.lanewise(AND, SIX_2).reinterpretAsFloats()
                  : (FloatVector) qa.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
          FloatVector wb2 =
              (SUBNORMAL
                  ? qb.lanewise(AND, SIX_2).reinterpretAsFloats()
                  : (FloatVector) qb.lanewise(AND, SIX_2).convertShape(I2F, FLOATS, 0));
          FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + 2]);
          a0 = wa2.fma(v20, a0);
          b0 = wb2.fma(v20, b0);
          FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + 2]);
          a1 = wa2.fma(v21, a1);
          b1 = wb2.fma(v21, b1);
          FloatVector v22 = FloatVector.broadcast(FLOATS, x[x2 + 2]);
          a2 = wa2.fma(v22, a2);
          b2 = wb2.fma(v22, b2);
          FloatVector v23 = FloatVector.broadcast(FLOATS, x[x3 + 2]);
          a3 = wa2.fma(v23, a3);
          b3 = wb2.fma(v23, b3);
          qa = qa.lanewise(LSHR, HALF);
          qb = qb.lanewise(LSHR, HALF);
          x0 += 3;
          x1 += 3;
          x2 += 3;
          x3 += 3;
        }
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
        accA1 = scaleA.fma(a1, accA1);
        accB1 = scaleB.fma(b1, accB1);
        accA2 = scaleA.fma(a2, accA2);
        accB2 = scaleB.fma(b2, accB2);
        accA3 = scaleA.fma(a3, accA3);
        accB3 = scaleB.fma(b3, accB3);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS), LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0++]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum1++]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
      FloatVector ofX2 = FloatVector.broadcast(FLOATS, sums[sum2++]);
      accA2 = minA.fma(ofX2, accA2);
      accB2 = minB.fma(ofX2, accB2);
      FloatVector ofX3 = FloatVector.broadcast(FLOATS, sums[sum3++]);
      accA3 = minA.fma(ofX3, accA3);
      accB3 = minB.fma(ofX3, accB3);
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + 1 * WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + 1 * WORD + NEXT, LITTLE_ENDIAN);
    accA2.intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    accB2.intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    accA3.intoMemorySegment(MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
    accB3.intoMemorySegment(MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
  }
}
