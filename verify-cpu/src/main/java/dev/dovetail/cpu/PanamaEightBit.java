package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanelPart.SPAN;
import static dev.dovetail.cpu.WeightKind.FIRST_BYTE_SHIFT;
import static dev.dovetail.cpu.WeightKind.SECOND_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products of {@link WeightKind#EIGHT_BIT} weights, masked where they stand, not shifted down, for
 * one, two or four tokens: a block's two vectors of rows from {@code row} on. Eight sums or more
 * are in flight, since a CPU starts two FMAs in a cycle and each takes four.
 *
 * <p>The inner loops end by their mask, so that C2 does not unroll them, which would take more
 * vectors than there are registers.
 */
final class PanamaEightBit {
  private static final int PER_WORD = 4;
  private static final long WORD = PanelPart.WORD_BYTES;

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaEightBit() {}

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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 2) {
      long at = word + 4L * i * WORD;
      int p = SPAN * i;
      FloatVector a0 = zero;
      FloatVector b0 = zero;
      FloatVector a1 = zero;
      FloatVector b1 = zero;
      FloatVector a2 = zero;
      FloatVector b2 = zero;
      FloatVector a3 = zero;
      FloatVector b3 = zero;
      for (int w = 0; w < 2; w++) {
        long from = at + w * WORD;
        int pw = p + PER_WORD * w;
        IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN);
        IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, from + NEXT, LITTLE_ENDIAN);
        IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD, LITTLE_ENDIAN);
        IntVector qb1 =
            IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD + NEXT, LITTLE_ENDIAN);
        IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, from + 4 * WORD, LITTLE_ENDIAN);
        IntVector qb2 =
            IntVector.fromMemorySegment(INTS, MEMORY, from + 4 * WORD + NEXT, LITTLE_ENDIAN);
        IntVector qa3 = IntVector.fromMemorySegment(INTS, MEMORY, from + 6 * WORD, LITTLE_ENDIAN);
        IntVector qb3 =
            IntVector.fromMemorySegment(INTS, MEMORY, from + 6 * WORD + NEXT, LITTLE_ENDIAN);
        FloatVector y0 = FloatVector.broadcast(FLOATS, x[x0 + pw]);
        a0 =
            ((FloatVector) qa0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y0, a0);
        b0 =
            ((FloatVector) qb0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y0, b0);
        FloatVector y1 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8]);
        a1 =
            ((FloatVector) qa1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y1, a1);
        b1 =
            ((FloatVector) qb1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y1, b1);
        FloatVector y2 = FloatVector.broadcast(FLOATS, x[x0 + pw + 16]);
        a2 =
            ((FloatVector) qa2.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y2, a2);
        b2 =
            ((FloatVector) qb2.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y2, b2);
        FloatVector y3 = FloatVector.broadcast(FLOATS, x[x0 + pw + 24]);
        a3 =
            ((FloatVector) qa3.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y3, a3);
        b3 =
            ((FloatVector) qb3.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0))
                .fma(y3, b3);
        int j = 1;
        for (int bits = SECOND_BYTE; bits != 0; bits >>>= 8) {
          IntVector mask = IntVector.broadcast(INTS, bits);
          FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + pw + j]);
          a0 = ((FloatVector) qa0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v0, a0);
          b0 = ((FloatVector) qb0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v0, b0);
          FloatVector v1 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8 + j]);
          a1 = ((FloatVector) qa1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v1, a1);
          b1 = ((FloatVector) qb1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v1, b1);
          FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + pw + 16 + j]);
          a2 = ((FloatVector) qa2.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v2, a2);
          b2 = ((FloatVector) qb2.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v2, b2);
          FloatVector v3 = FloatVector.broadcast(FLOATS, x[x0 + pw + 24 + j]);
          a3 = ((FloatVector) qa3.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v3, a3);
          b3 = ((FloatVector) qb3.lanewise(AND, mask).convertShape(I2F, FLOATS, 0)).fma(v3, b3);
          j++;
        }
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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 4L * i * WORD;
      int p = SPAN * i;
      FloatVector a00 = zero;
      FloatVector a01 = zero;
      FloatVector b00 = zero;
      FloatVector b01 = zero;
      FloatVector a10 = zero;
      FloatVector a11 = zero;
      FloatVector b10 = zero;
      FloatVector b11 = zero;
      for (int w = 0; w < 2; w++) {
        long from = at + w * WORD;
        int pw = p + PER_WORD * w;
        IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN);
        IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, from + NEXT, LITTLE_ENDIAN);
        IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD, LITTLE_ENDIAN);
        IntVector qb1 =
            IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD + NEXT, LITTLE_ENDIAN);
        FloatVector y00 = FloatVector.broadcast(FLOATS, x[x0 + pw]);
        FloatVector y01 = FloatVector.broadcast(FLOATS, x[x1 + pw]);
        FloatVector fa0 =
            (FloatVector) qa0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        a00 = fa0.fma(y00, a00);
        a01 = fa0.fma(y01, a01);
        FloatVector fb0 =
            (FloatVector) qb0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        b00 = fb0.fma(y00, b00);
        b01 = fb0.fma(y01, b01);
        FloatVector y10 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8]);
        FloatVector y11 = FloatVector.broadcast(FLOATS, x[x1 + pw + 8]);
        FloatVector fa1 =
            (FloatVector) qa1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        a10 = fa1.fma(y10, a10);
        a11 = fa1.fma(y11, a11);
        FloatVector fb1 =
            (FloatVector) qb1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        b10 = fb1.fma(y10, b10);
        b11 = fb1.fma(y11, b11);
        int j = 1;
        for (int bits = SECOND_BYTE; bits != 0; bits >>>= 8) {
          IntVector mask = IntVector.broadcast(INTS, bits);
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + pw + j]);
          FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + pw + j]);
          FloatVector wa0 = (FloatVector) qa0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          a00 = wa0.fma(v00, a00);
          a01 = wa0.fma(v01, a01);
          FloatVector wb0 = (FloatVector) qb0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          b00 = wb0.fma(v00, b00);
          b01 = wb0.fma(v01, b01);
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8 + j]);
          FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + pw + 8 + j]);
          FloatVector wa1 = (FloatVector) qa1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          a10 = wa1.fma(v10, a10);
          a11 = wa1.fma(v11, a11);
          FloatVector wb1 = (FloatVector) qb1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          b10 = wb1.fma(v10, b10);
          b11 = wb1.fma(v11, b11);
          j++;
        }
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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 4L * i * WORD;
      int p = SPAN * i;
      FloatVector a00 = zero;
      FloatVector a01 = zero;
      FloatVector a02 = zero;
      FloatVector a03 = zero;
      FloatVector b00 = zero;
      FloatVector b01 = zero;
      FloatVector b02 = zero;
      FloatVector b03 = zero;
      FloatVector a10 = zero;
      FloatVector a11 = zero;
      FloatVector a12 = zero;
      FloatVector a13 = zero;
      FloatVector b10 = zero;
      FloatVector b11 = zero;
      FloatVector b12 = zero;
      FloatVector b13 = zero;
      for (int w = 0; w < 2; w++) {
        long from = at + w * WORD;
        int pw = p + PER_WORD * w;
        IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, from, LITTLE_ENDIAN);
        IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, from + NEXT, LITTLE_ENDIAN);
        IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD, LITTLE_ENDIAN);
        IntVector qb1 =
            IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * WORD + NEXT, LITTLE_ENDIAN);
        FloatVector y00 = FloatVector.broadcast(FLOATS, x[x0 + pw]);
        FloatVector y01 = FloatVector.broadcast(FLOATS, x[x1 + pw]);
        FloatVector y02 = FloatVector.broadcast(FLOATS, x[x2 + pw]);
        FloatVector y03 = FloatVector.broadcast(FLOATS, x[x3 + pw]);
        FloatVector fa0 =
            (FloatVector) qa0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        a00 = fa0.fma(y00, a00);
        a01 = fa0.fma(y01, a01);
        a02 = fa0.fma(y02, a02);
        a03 = fa0.fma(y03, a03);
        FloatVector fb0 =
            (FloatVector) qb0.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        b00 = fb0.fma(y00, b00);
        b01 = fb0.fma(y01, b01);
        b02 = fb0.fma(y02, b02);
        b03 = fb0.fma(y03, b03);
        FloatVector y10 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8]);
        FloatVector y11 = FloatVector.broadcast(FLOATS, x[x1 + pw + 8]);
        FloatVector y12 = FloatVector.broadcast(FLOATS, x[x2 + pw + 8]);
        FloatVector y13 = FloatVector.broadcast(FLOATS, x[x3 + pw + 8]);
        FloatVector fa1 =
            (FloatVector) qa1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        a10 = fa1.fma(y10, a10);
        a11 = fa1.fma(y11, a11);
        a12 = fa1.fma(y12, a12);
        a13 = fa1.fma(y13, a13);
        FloatVector fb1 =
            (FloatVector) qb1.lanewise(LSHR, FIRST_BYTE_SHIFT).convertShape(I2F, FLOATS, 0);
        b10 = fb1.fma(y10, b10);
        b11 = fb1.fma(y11, b11);
        b12 = fb1.fma(y12, b12);
        b13 = fb1.fma(y13, b13);
        int j = 1;
        for (int bits = SECOND_BYTE; bits != 0; bits >>>= 8) {
          IntVector mask = IntVector.broadcast(INTS, bits);
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + pw + j]);
          FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + pw + j]);
          FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + pw + j]);
          FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + pw + j]);
          FloatVector wa0 = (FloatVector) qa0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          a00 = wa0.fma(v00, a00);
          a01 = wa0.fma(v01, a01);
          a02 = wa0.fma(v02, a02);
          a03 = wa0.fma(v03, a03);
          FloatVector wb0 = (FloatVector) qb0.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          b00 = wb0.fma(v00, b00);
          b01 = wb0.fma(v01, b01);
          b02 = wb0.fma(v02, b02);
          b03 = wb0.fma(v03, b03);
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + pw + 8 + j]);
          FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + pw + 8 + j]);
          FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + pw + 8 + j]);
          FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + pw + 8 + j]);
          FloatVector wa1 = (FloatVector) qa1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          a10 = wa1.fma(v10, a10);
          a11 = wa1.fma(v11, a11);
          a12 = wa1.fma(v12, a12);
          a13 = wa1.fma(v13, a13);
          FloatVector wb1 = (FloatVector) qb1.lanewise(AND, mask).convertShape(I2F, FLOATS, 0);
          b10 = wb1.fma(v10, b10);
          b11 = wb1.fma(v11, b11);
          b12 = wb1.fma(v12, b12);
          b13 = wb1.fma(v13, b13);
          j++;
        }
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
