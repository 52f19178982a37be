package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanelPart.SPAN;
import static dev.dovetail.cpu.WeightKind.FIRST_SHIFT;
import static dev.dovetail.cpu.WeightKind.LOWER;
import static dev.dovetail.cpu.WeightKind.UPPER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products of {@link WeightKind#SIX_BIT} weights, put together where they stand, for one, two or
 * four tokens: a block's two vectors of rows from {@code row} on. Eight sums or more are in flight,
 * since a CPU starts two FMAs in a cycle and each takes four.
 */
final class PanamaSixBit {
  private static final int PER_WORD = 8;
  private static final long WORD = PanelPart.WORD_BYTES;

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaSixBit() {}

  static void one(PanelBlock block, int token, int row) {
    long word = block.word + 4L * row;
    float[] x = block.x;
    int x0 = block.xStart + token * block.xStride;
    float[] sums = block.sums;
    int sum0 = block.sumStart + token * block.sumStride;
    long scales = block.scales + 4L * row;
    long mins = block.mins + 4L * row;
    int groupShift = block.groupShift;
    long to = block.acc + token * WORD + 4L * row;
    FloatVector accA = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    for (int i = 0; i < block.spans; i += 2) {
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector ua0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector ub0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb1 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector ua2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 3 * WORD, LITTLE_ENDIAN);
      IntVector ub2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 3 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 4 * WORD, LITTLE_ENDIAN);
      IntVector qb2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 4 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa3 = IntVector.fromMemorySegment(INTS, MEMORY, at + 5 * WORD, LITTLE_ENDIAN);
      IntVector qb3 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 5 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector ua1 = ua0.lanewise(LSHR, 2);
      IntVector ub1 = ub0.lanewise(LSHR, 2);
      IntVector ua3 = ua2.lanewise(LSHR, 2);
      IntVector ub3 = ub2.lanewise(LSHR, 2);
      FloatVector y0 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      FloatVector a0 =
          ((FloatVector)
                  qa0.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ua0.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y0);
      FloatVector b0 =
          ((FloatVector)
                  qb0.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ub0.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y0);
      FloatVector y1 = FloatVector.broadcast(FLOATS, x[x0 + p + 8]);
      FloatVector a1 =
          ((FloatVector)
                  qa1.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ua1.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y1);
      FloatVector b1 =
          ((FloatVector)
                  qb1.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ub1.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y1);
      FloatVector y2 = FloatVector.broadcast(FLOATS, x[x0 + p + 16]);
      FloatVector a2 =
          ((FloatVector)
                  qa2.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ua2.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y2);
      FloatVector b2 =
          ((FloatVector)
                  qb2.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ub2.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y2);
      FloatVector y3 = FloatVector.broadcast(FLOATS, x[x0 + p + 24]);
      FloatVector a3 =
          ((FloatVector)
                  qa3.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ua3.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y3);
      FloatVector b3 =
          ((FloatVector)
                  qb3.lanewise(LSHR, FIRST_SHIFT)
                      .lanewise(OR, ub3.lanewise(AND, 3).lanewise(LSHL, 4))
                      .convertShape(I2F, FLOATS, 0))
              .mul(y3);
      for (int j = 1; j < PER_WORD; j++) {
        IntVector lower = IntVector.broadcast(INTS, LOWER[j]);
        IntVector upper = IntVector.broadcast(INTS, UPPER[j]);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        a0 =
            ((FloatVector)
                    ua0.lanewise(AND, upper)
                        .lanewise(OR, qa0.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v0, a0);
        b0 =
            ((FloatVector)
                    ub0.lanewise(AND, upper)
                        .lanewise(OR, qb0.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        a1 =
            ((FloatVector)
                    ua1.lanewise(AND, upper)
                        .lanewise(OR, qa1.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v1, a1);
        b1 =
            ((FloatVector)
                    ub1.lanewise(AND, upper)
                        .lanewise(OR, qb1.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v1, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + p + 16 + j]);
        a2 =
            ((FloatVector)
                    ua2.lanewise(AND, upper)
                        .lanewise(OR, qa2.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v2, a2);
        b2 =
            ((FloatVector)
                    ub2.lanewise(AND, upper)
                        .lanewise(OR, qb2.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v2, b2);
        FloatVector v3 = FloatVector.broadcast(FLOATS, x[x0 + p + 24 + j]);
        a3 =
            ((FloatVector)
                    ua3.lanewise(AND, upper)
                        .lanewise(OR, qa3.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v3, a3);
        b3 =
            ((FloatVector)
                    ub3.lanewise(AND, upper)
                        .lanewise(OR, qb3.lanewise(AND, lower))
                        .convertShape(I2F, FLOATS, 0))
                .fma(v3, b3);
      }
      long group0 = (long) (i >> groupShift) * WORD;
      FloatVector scaleA0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group0, LITTLE_ENDIAN);
      FloatVector scaleB0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group0 + NEXT, LITTLE_ENDIAN);
      accA = scaleA0.fma(a0.add(a1), accA);
      accB = scaleB0.fma(b0.add(b1), accB);
      FloatVector minA0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group0, LITTLE_ENDIAN);
      FloatVector minB0 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group0 + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0 + i]);
      accA = minA0.fma(ofX0, accA);
      accB = minB0.fma(ofX0, accB);
      long group1 = (long) ((i + 1) >> groupShift) * WORD;
      FloatVector scaleA1 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group1, LITTLE_ENDIAN);
      FloatVector scaleB1 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group1 + NEXT, LITTLE_ENDIAN);
      accA = scaleA1.fma(a2.add(a3), accA);
      accB = scaleB1.fma(b2.add(b3), accB);
      FloatVector minA1 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group1, LITTLE_ENDIAN);
      FloatVector minB1 =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group1 + NEXT, LITTLE_ENDIAN);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum0 + i + 1]);
      accA = minA1.fma(ofX1, accA);
      accB = minB1.fma(ofX1, accB);
    }
    accA.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
  }

  static void two(PanelBlock block, int token, int row) {
    long word = block.word + 4L * row;
    float[] x = block.x;
    int x0 = block.xStart + token * block.xStride;
    int x1 = x0 + block.xStride;
    float[] sums = block.sums;
    int sum0 = block.sumStart + token * block.sumStride;
    int sum1 = sum0 + block.sumStride;
    long scales = block.scales + 4L * row;
    long mins = block.mins + 4L * row;
    int groupShift = block.groupShift;
    long to = block.acc + token * WORD + 4L * row;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector ua0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector ub0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb1 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector ua1 = ua0.lanewise(LSHR, 2);
      IntVector ub1 = ub0.lanewise(LSHR, 2);
      FloatVector y00 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      FloatVector y01 = FloatVector.broadcast(FLOATS, x[x1 + p]);
      FloatVector fa0 =
          (FloatVector)
              qa0.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ua0.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector a00 = fa0.mul(y00);
      FloatVector a01 = fa0.mul(y01);
      FloatVector fb0 =
          (FloatVector)
              qb0.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ub0.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector b00 = fb0.mul(y00);
      FloatVector b01 = fb0.mul(y01);
      FloatVector y10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8]);
      FloatVector y11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8]);
      FloatVector fa1 =
          (FloatVector)
              qa1.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ua1.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector a10 = fa1.mul(y10);
      FloatVector a11 = fa1.mul(y11);
      FloatVector fb1 =
          (FloatVector)
              qb1.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ub1.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector b10 = fb1.mul(y10);
      FloatVector b11 = fb1.mul(y11);
      for (int j = 1; j < PER_WORD; j++) {
        IntVector lower = IntVector.broadcast(INTS, LOWER[j]);
        IntVector upper = IntVector.broadcast(INTS, UPPER[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        FloatVector wa0 =
            (FloatVector)
                ua0.lanewise(AND, upper)
                    .lanewise(OR, qa0.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        FloatVector wb0 =
            (FloatVector)
                ub0.lanewise(AND, upper)
                    .lanewise(OR, qb0.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8 + j]);
        FloatVector wa1 =
            (FloatVector)
                ua1.lanewise(AND, upper)
                    .lanewise(OR, qa1.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        FloatVector wb1 =
            (FloatVector)
                ub1.lanewise(AND, upper)
                    .lanewise(OR, qb1.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        b10 = wb1.fma(v10, b10);
        b11 = wb1.fma(v11, b11);
      }
      long group = (long) (i >> groupShift) * WORD;
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group + NEXT, LITTLE_ENDIAN);
      accA0 = scaleA.fma(a00.add(a10), accA0);
      accB0 = scaleB.fma(b00.add(b10), accB0);
      accA1 = scaleA.fma(a01.add(a11), accA1);
      accB1 = scaleB.fma(b01.add(b11), accB1);
      FloatVector minA = FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0 + i]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum1 + i]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
  }

  static void four(PanelBlock block, int token, int row) {
    long word = block.word + 4L * row;
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
    long scales = block.scales + 4L * row;
    long mins = block.mins + 4L * row;
    int groupShift = block.groupShift;
    long to = block.acc + token * WORD + 4L * row;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accB2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA3 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
    FloatVector accB3 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector ua0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector ub0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb1 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector ua1 = ua0.lanewise(LSHR, 2);
      IntVector ub1 = ub0.lanewise(LSHR, 2);
      FloatVector y00 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      FloatVector y01 = FloatVector.broadcast(FLOATS, x[x1 + p]);
      FloatVector y02 = FloatVector.broadcast(FLOATS, x[x2 + p]);
      FloatVector y03 = FloatVector.broadcast(FLOATS, x[x3 + p]);
      FloatVector fa0 =
          (FloatVector)
              qa0.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ua0.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector a00 = fa0.mul(y00);
      FloatVector a01 = fa0.mul(y01);
      FloatVector a02 = fa0.mul(y02);
      FloatVector a03 = fa0.mul(y03);
      FloatVector fb0 =
          (FloatVector)
              qb0.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ub0.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector b00 = fb0.mul(y00);
      FloatVector b01 = fb0.mul(y01);
      FloatVector b02 = fb0.mul(y02);
      FloatVector b03 = fb0.mul(y03);
      FloatVector y10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8]);
      FloatVector y11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8]);
      FloatVector y12 = FloatVector.broadcast(FLOATS, x[x2 + p + 8]);
      FloatVector y13 = FloatVector.broadcast(FLOATS, x[x3 + p + 8]);
      FloatVector fa1 =
          (FloatVector)
              qa1.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ua1.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector a10 = fa1.mul(y10);
      FloatVector a11 = fa1.mul(y11);
      FloatVector a12 = fa1.mul(y12);
      FloatVector a13 = fa1.mul(y13);
      FloatVector fb1 =
          (FloatVector)
              qb1.lanewise(LSHR, FIRST_SHIFT)
                  .lanewise(OR, ub1.lanewise(AND, 3).lanewise(LSHL, 4))
                  .convertShape(I2F, FLOATS, 0);
      FloatVector b10 = fb1.mul(y10);
      FloatVector b11 = fb1.mul(y11);
      FloatVector b12 = fb1.mul(y12);
      FloatVector b13 = fb1.mul(y13);
      for (int j = 1; j < PER_WORD; j++) {
        IntVector lower = IntVector.broadcast(INTS, LOWER[j]);
        IntVector upper = IntVector.broadcast(INTS, UPPER[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + p + j]);
        FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + p + j]);
        FloatVector wa0 =
            (FloatVector)
                ua0.lanewise(AND, upper)
                    .lanewise(OR, qa0.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        a02 = wa0.fma(v02, a02);
        a03 = wa0.fma(v03, a03);
        FloatVector wb0 =
            (FloatVector)
                ub0.lanewise(AND, upper)
                    .lanewise(OR, qb0.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        b02 = wb0.fma(v02, b02);
        b03 = wb0.fma(v03, b03);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8 + j]);
        FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + p + 8 + j]);
        FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + p + 8 + j]);
        FloatVector wa1 =
            (FloatVector)
                ua1.lanewise(AND, upper)
                    .lanewise(OR, qa1.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        a12 = wa1.fma(v12, a12);
        a13 = wa1.fma(v13, a13);
        FloatVector wb1 =
            (FloatVector)
                ub1.lanewise(AND, upper)
                    .lanewise(OR, qb1.lanewise(AND, lower))
                    .convertShape(I2F, FLOATS, 0);
        b10 = wb1.fma(v10, b10);
        b11 = wb1.fma(v11, b11);
        b12 = wb1.fma(v12, b12);
        b13 = wb1.fma(v13, b13);
      }
      long group = (long) (i >> groupShift) * WORD;
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group + NEXT, LITTLE_ENDIAN);
      accA0 = scaleA.fma(a00.add(a10), accA0);
      accB0 = scaleB.fma(b00.add(b10), accB0);
      accA1 = scaleA.fma(a01.add(a11), accA1);
      accB1 = scaleB.fma(b01.add(b11), accB1);
      accA2 = scaleA.fma(a02.add(a12), accA2);
      accB2 = scaleB.fma(b02.add(b12), accB2);
      accA3 = scaleA.fma(a03.add(a13), accA3);
      accB3 = scaleB.fma(b03.add(b13), accB3);
      FloatVector minA = FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum0 + i]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum1 + i]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
      FloatVector ofX2 = FloatVector.broadcast(FLOATS, sums[sum2 + i]);
      accA2 = minA.fma(ofX2, accA2);
      accB2 = minB.fma(ofX2, accB2);
      FloatVector ofX3 = FloatVector.broadcast(FLOATS, sums[sum3 + i]);
      accA3 = minA.fma(ofX3, accA3);
      accB3 = minB.fma(ofX3, accB3);
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    accA2.intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    accB2.intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    accA3.intoMemorySegment(MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
    accB3.intoMemorySegment(MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
  }
}
