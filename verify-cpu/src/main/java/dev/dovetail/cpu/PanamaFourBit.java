package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanelPart.SPAN;
import static dev.dovetail.cpu.WeightKind.NIBBLES;
import static dev.dovetail.cpu.WeightKind.NIBBLES_SHIFT;
import static dev.dovetail.cpu.WeightKind.SUBNORMAL;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products of {@link WeightKind#FOUR_BIT} weights, masked where they stand, for one, two or four
 * tokens: a block's two vectors of rows from {@code row} on. One token takes two spans at a time,
 * since a CPU starts two FMAs in a cycle and each takes four.
 */
final class PanamaFourBit {
  private static final long WORD = PanelPart.WORD_BYTES;

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaFourBit() {}

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
      long at = word + 2L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa3 = IntVector.fromMemorySegment(INTS, MEMORY, at + 3 * WORD, LITTLE_ENDIAN);
      IntVector qb3 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 3 * WORD + NEXT, LITTLE_ENDIAN);
      FloatVector a0 = zero;
      FloatVector b0 = zero;
      FloatVector a1 = zero;
      FloatVector b1 = zero;
      FloatVector a2 = zero;
      FloatVector b2 = zero;
      FloatVector a3 = zero;
      FloatVector b3 = zero;
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        a0 =
            (SUBNORMAL ? ma0.reinterpretAsFloats() : (FloatVector) ma0.convertShape(I2F, FLOATS, 0))
                .fma(v0, a0);
        IntVector mb0 = qb0.lanewise(AND, mask);
        b0 =
            (SUBNORMAL ? mb0.reinterpretAsFloats() : (FloatVector) mb0.convertShape(I2F, FLOATS, 0))
                .fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        a1 =
            (SUBNORMAL ? ma1.reinterpretAsFloats() : (FloatVector) ma1.convertShape(I2F, FLOATS, 0))
                .fma(v1, a1);
        IntVector mb1 = qb1.lanewise(AND, mask);
        b1 =
            (SUBNORMAL ? mb1.reinterpretAsFloats() : (FloatVector) mb1.convertShape(I2F, FLOATS, 0))
                .fma(v1, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + p + 16 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        a2 =
            (SUBNORMAL ? ma2.reinterpretAsFloats() : (FloatVector) ma2.convertShape(I2F, FLOATS, 0))
                .fma(v2, a2);
        IntVector mb2 = qb2.lanewise(AND, mask);
        b2 =
            (SUBNORMAL ? mb2.reinterpretAsFloats() : (FloatVector) mb2.convertShape(I2F, FLOATS, 0))
                .fma(v2, b2);
        FloatVector v3 = FloatVector.broadcast(FLOATS, x[x0 + p + 24 + j]);
        IntVector ma3 = qa3.lanewise(AND, mask);
        a3 =
            (SUBNORMAL ? ma3.reinterpretAsFloats() : (FloatVector) ma3.convertShape(I2F, FLOATS, 0))
                .fma(v3, a3);
        IntVector mb3 = qb3.lanewise(AND, mask);
        b3 =
            (SUBNORMAL ? mb3.reinterpretAsFloats() : (FloatVector) mb3.convertShape(I2F, FLOATS, 0))
                .fma(v3, b3);
      }
      qa0 = qa0.lanewise(LSHR, NIBBLES_SHIFT);
      qb0 = qb0.lanewise(LSHR, NIBBLES_SHIFT);
      qa1 = qa1.lanewise(LSHR, NIBBLES_SHIFT);
      qb1 = qb1.lanewise(LSHR, NIBBLES_SHIFT);
      qa2 = qa2.lanewise(LSHR, NIBBLES_SHIFT);
      qb2 = qb2.lanewise(LSHR, NIBBLES_SHIFT);
      qa3 = qa3.lanewise(LSHR, NIBBLES_SHIFT);
      qb3 = qb3.lanewise(LSHR, NIBBLES_SHIFT);
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + p + 4 + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        a0 =
            (SUBNORMAL ? ma0.reinterpretAsFloats() : (FloatVector) ma0.convertShape(I2F, FLOATS, 0))
                .fma(v0, a0);
        IntVector mb0 = qb0.lanewise(AND, mask);
        b0 =
            (SUBNORMAL ? mb0.reinterpretAsFloats() : (FloatVector) mb0.convertShape(I2F, FLOATS, 0))
                .fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x0 + p + 12 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        a1 =
            (SUBNORMAL ? ma1.reinterpretAsFloats() : (FloatVector) ma1.convertShape(I2F, FLOATS, 0))
                .fma(v1, a1);
        IntVector mb1 = qb1.lanewise(AND, mask);
        b1 =
            (SUBNORMAL ? mb1.reinterpretAsFloats() : (FloatVector) mb1.convertShape(I2F, FLOATS, 0))
                .fma(v1, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + p + 20 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        a2 =
            (SUBNORMAL ? ma2.reinterpretAsFloats() : (FloatVector) ma2.convertShape(I2F, FLOATS, 0))
                .fma(v2, a2);
        IntVector mb2 = qb2.lanewise(AND, mask);
        b2 =
            (SUBNORMAL ? mb2.reinterpretAsFloats() : (FloatVector) mb2.convertShape(I2F, FLOATS, 0))
                .fma(v2, b2);
        FloatVector v3 = FloatVector.broadcast(FLOATS, x[x0 + p + 28 + j]);
        IntVector ma3 = qa3.lanewise(AND, mask);
        a3 =
            (SUBNORMAL ? ma3.reinterpretAsFloats() : (FloatVector) ma3.convertShape(I2F, FLOATS, 0))
                .fma(v3, a3);
        IntVector mb3 = qb3.lanewise(AND, mask);
        b3 =
            (SUBNORMAL ? mb3.reinterpretAsFloats() : (FloatVector) mb3.convertShape(I2F, FLOATS, 0))
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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 2L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      FloatVector a00 = zero;
      FloatVector b00 = zero;
      FloatVector a01 = zero;
      FloatVector b01 = zero;
      FloatVector a10 = zero;
      FloatVector b10 = zero;
      FloatVector a11 = zero;
      FloatVector b11 = zero;
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        FloatVector wa0 =
            (SUBNORMAL
                ? ma0.reinterpretAsFloats()
                : (FloatVector) ma0.convertShape(I2F, FLOATS, 0));
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        IntVector mb0 = qb0.lanewise(AND, mask);
        FloatVector wb0 =
            (SUBNORMAL
                ? mb0.reinterpretAsFloats()
                : (FloatVector) mb0.convertShape(I2F, FLOATS, 0));
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        FloatVector wa1 =
            (SUBNORMAL
                ? ma1.reinterpretAsFloats()
                : (FloatVector) ma1.convertShape(I2F, FLOATS, 0));
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        IntVector mb1 = qb1.lanewise(AND, mask);
        FloatVector wb1 =
            (SUBNORMAL
                ? mb1.reinterpretAsFloats()
                : (FloatVector) mb1.convertShape(I2F, FLOATS, 0));
        b10 = wb1.fma(v10, b10);
        b11 = wb1.fma(v11, b11);
      }
      qa0 = qa0.lanewise(LSHR, NIBBLES_SHIFT);
      qb0 = qb0.lanewise(LSHR, NIBBLES_SHIFT);
      qa1 = qa1.lanewise(LSHR, NIBBLES_SHIFT);
      qb1 = qb1.lanewise(LSHR, NIBBLES_SHIFT);
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + 4 + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + 4 + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        FloatVector wa0 =
            (SUBNORMAL
                ? ma0.reinterpretAsFloats()
                : (FloatVector) ma0.convertShape(I2F, FLOATS, 0));
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        IntVector mb0 = qb0.lanewise(AND, mask);
        FloatVector wb0 =
            (SUBNORMAL
                ? mb0.reinterpretAsFloats()
                : (FloatVector) mb0.convertShape(I2F, FLOATS, 0));
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 12 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 12 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        FloatVector wa1 =
            (SUBNORMAL
                ? ma1.reinterpretAsFloats()
                : (FloatVector) ma1.convertShape(I2F, FLOATS, 0));
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        IntVector mb1 = qb1.lanewise(AND, mask);
        FloatVector wb1 =
            (SUBNORMAL
                ? mb1.reinterpretAsFloats()
                : (FloatVector) mb1.convertShape(I2F, FLOATS, 0));
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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 2L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      FloatVector a00 = zero;
      FloatVector b00 = zero;
      FloatVector a01 = zero;
      FloatVector b01 = zero;
      FloatVector a02 = zero;
      FloatVector b02 = zero;
      FloatVector a03 = zero;
      FloatVector b03 = zero;
      FloatVector a10 = zero;
      FloatVector b10 = zero;
      FloatVector a11 = zero;
      FloatVector b11 = zero;
      FloatVector a12 = zero;
      FloatVector b12 = zero;
      FloatVector a13 = zero;
      FloatVector b13 = zero;
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + p + j]);
        FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + p + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        FloatVector wa0 =
            (SUBNORMAL
                ? ma0.reinterpretAsFloats()
                : (FloatVector) ma0.convertShape(I2F, FLOATS, 0));
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        a02 = wa0.fma(v02, a02);
        a03 = wa0.fma(v03, a03);
        IntVector mb0 = qb0.lanewise(AND, mask);
        FloatVector wb0 =
            (SUBNORMAL
                ? mb0.reinterpretAsFloats()
                : (FloatVector) mb0.convertShape(I2F, FLOATS, 0));
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        b02 = wb0.fma(v02, b02);
        b03 = wb0.fma(v03, b03);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 8 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 8 + j]);
        FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + p + 8 + j]);
        FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + p + 8 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        FloatVector wa1 =
            (SUBNORMAL
                ? ma1.reinterpretAsFloats()
                : (FloatVector) ma1.convertShape(I2F, FLOATS, 0));
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        a12 = wa1.fma(v12, a12);
        a13 = wa1.fma(v13, a13);
        IntVector mb1 = qb1.lanewise(AND, mask);
        FloatVector wb1 =
            (SUBNORMAL
                ? mb1.reinterpretAsFloats()
                : (FloatVector) mb1.convertShape(I2F, FLOATS, 0));
        b10 = wb1.fma(v10, b10);
        b11 = wb1.fma(v11, b11);
        b12 = wb1.fma(v12, b12);
        b13 = wb1.fma(v13, b13);
      }
      qa0 = qa0.lanewise(LSHR, NIBBLES_SHIFT);
      qb0 = qb0.lanewise(LSHR, NIBBLES_SHIFT);
      qa1 = qa1.lanewise(LSHR, NIBBLES_SHIFT);
      qb1 = qb1.lanewise(LSHR, NIBBLES_SHIFT);
      for (int j = 0; j < NIBBLES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, NIBBLES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + 4 + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + 4 + j]);
        FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + p + 4 + j]);
        FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + p + 4 + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        FloatVector wa0 =
            (SUBNORMAL
                ? ma0.reinterpretAsFloats()
                : (FloatVector) ma0.convertShape(I2F, FLOATS, 0));
        a00 = wa0.fma(v00, a00);
        a01 = wa0.fma(v01, a01);
        a02 = wa0.fma(v02, a02);
        a03 = wa0.fma(v03, a03);
        IntVector mb0 = qb0.lanewise(AND, mask);
        FloatVector wb0 =
            (SUBNORMAL
                ? mb0.reinterpretAsFloats()
                : (FloatVector) mb0.convertShape(I2F, FLOATS, 0));
        b00 = wb0.fma(v00, b00);
        b01 = wb0.fma(v01, b01);
        b02 = wb0.fma(v02, b02);
        b03 = wb0.fma(v03, b03);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 12 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 12 + j]);
        FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + p + 12 + j]);
        FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + p + 12 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        FloatVector wa1 =
            (SUBNORMAL
                ? ma1.reinterpretAsFloats()
                : (FloatVector) ma1.convertShape(I2F, FLOATS, 0));
        a10 = wa1.fma(v10, a10);
        a11 = wa1.fma(v11, a11);
        a12 = wa1.fma(v12, a12);
        a13 = wa1.fma(v13, a13);
        IntVector mb1 = qb1.lanewise(AND, mask);
        FloatVector wb1 =
            (SUBNORMAL
                ? mb1.reinterpretAsFloats()
                : (FloatVector) mb1.convertShape(I2F, FLOATS, 0));
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
