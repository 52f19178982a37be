package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanelPart.SPAN;
import static dev.dovetail.cpu.WeightKind.SIXES;
import static dev.dovetail.cpu.WeightKind.SIXES_SHIFT;
import static dev.dovetail.cpu.WeightKind.SUBNORMAL;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products of {@link WeightKind#SIX_BIT} weights, masked where they stand, for one, two or four
 * tokens: a block's two vectors of rows from {@code row} on. For two or four tokens the runs of a
 * span come one after the other, so that their sums stay in registers.
 */
final class PanamaSixBit {
  private static final int PER_WORD = 5;
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
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int i = 0; i < block.spans; i += 1) {
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector lastA =
          qa0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qa1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qa2.lanewise(LSHR, 30));
      IntVector lastB =
          qb0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qb1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qb2.lanewise(LSHR, 30));
      FloatVector a0 = zero;
      FloatVector b0 = zero;
      FloatVector a1 = zero;
      FloatVector b1 = zero;
      FloatVector a2 = zero;
      FloatVector b2 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        IntVector ma0 = qa0.lanewise(AND, mask);
        a0 =
            (SUBNORMAL ? ma0.reinterpretAsFloats() : (FloatVector) ma0.convertShape(I2F, FLOATS, 0))
                .fma(v0, a0);
        IntVector mb0 = qb0.lanewise(AND, mask);
        b0 =
            (SUBNORMAL ? mb0.reinterpretAsFloats() : (FloatVector) mb0.convertShape(I2F, FLOATS, 0))
                .fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x0 + p + 5 + j]);
        IntVector ma1 = qa1.lanewise(AND, mask);
        a1 =
            (SUBNORMAL ? ma1.reinterpretAsFloats() : (FloatVector) ma1.convertShape(I2F, FLOATS, 0))
                .fma(v1, a1);
        IntVector mb1 = qb1.lanewise(AND, mask);
        b1 =
            (SUBNORMAL ? mb1.reinterpretAsFloats() : (FloatVector) mb1.convertShape(I2F, FLOATS, 0))
                .fma(v1, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + p + 10 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        a2 =
            (SUBNORMAL ? ma2.reinterpretAsFloats() : (FloatVector) ma2.convertShape(I2F, FLOATS, 0))
                .fma(v2, a2);
        IntVector mb2 = qb2.lanewise(AND, mask);
        b2 =
            (SUBNORMAL ? mb2.reinterpretAsFloats() : (FloatVector) mb2.convertShape(I2F, FLOATS, 0))
                .fma(v2, b2);
      }
      qa0 = qa0.lanewise(LSHR, SIXES_SHIFT);
      qb0 = qb0.lanewise(LSHR, SIXES_SHIFT);
      qa1 = qa1.lanewise(LSHR, SIXES_SHIFT);
      qb1 = qb1.lanewise(LSHR, SIXES_SHIFT);
      qa2 = qa2.lanewise(LSHR, SIXES_SHIFT);
      qb2 = qb2.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + p + 3 + j]);
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
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x0 + p + 13 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        a2 =
            (SUBNORMAL ? ma2.reinterpretAsFloats() : (FloatVector) ma2.convertShape(I2F, FLOATS, 0))
                .fma(v2, a2);
        IntVector mb2 = qb2.lanewise(AND, mask);
        b2 =
            (SUBNORMAL ? mb2.reinterpretAsFloats() : (FloatVector) mb2.convertShape(I2F, FLOATS, 0))
                .fma(v2, b2);
      }
      FloatVector x0v = FloatVector.broadcast(FLOATS, x[x0 + p + 15]);
      a2 =
          (SUBNORMAL
                  ? lastA.reinterpretAsFloats()
                  : (FloatVector) lastA.convertShape(I2F, FLOATS, 0))
              .fma(x0v, a2);
      b2 =
          (SUBNORMAL
                  ? lastB.reinterpretAsFloats()
                  : (FloatVector) lastB.convertShape(I2F, FLOATS, 0))
              .fma(x0v, b2);
      long group = (long) (i >> groupShift) * WORD;
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group + NEXT, LITTLE_ENDIAN);
      accA = scaleA.fma(a0.add(a1).add(a2), accA);
      accB = scaleB.fma(b0.add(b1).add(b2), accB);
      FloatVector minA = FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, mins + group + NEXT, LITTLE_ENDIAN);
      FloatVector ofX = FloatVector.broadcast(FLOATS, sums[sum0 + i]);
      accA = minA.fma(ofX, accA);
      accB = minB.fma(ofX, accB);
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
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector lastA =
          qa0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qa1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qa2.lanewise(LSHR, 30));
      IntVector lastB =
          qb0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qb1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qb2.lanewise(LSHR, 30));
      FloatVector a00 = zero;
      FloatVector b00 = zero;
      FloatVector a01 = zero;
      FloatVector b01 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
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
      }
      qa0 = qa0.lanewise(LSHR, SIXES_SHIFT);
      qb0 = qb0.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + 3 + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + 3 + j]);
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
      }
      FloatVector a10 = zero;
      FloatVector b10 = zero;
      FloatVector a11 = zero;
      FloatVector b11 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 5 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 5 + j]);
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
      qa1 = qa1.lanewise(LSHR, SIXES_SHIFT);
      qb1 = qb1.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
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
      a00 = a00.add(a10);
      b00 = b00.add(b10);
      a01 = a01.add(a11);
      b01 = b01.add(b11);
      FloatVector a20 = zero;
      FloatVector b20 = zero;
      FloatVector a21 = zero;
      FloatVector b21 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + p + 10 + j]);
        FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + p + 10 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        FloatVector wa2 =
            (SUBNORMAL
                ? ma2.reinterpretAsFloats()
                : (FloatVector) ma2.convertShape(I2F, FLOATS, 0));
        a20 = wa2.fma(v20, a20);
        a21 = wa2.fma(v21, a21);
        IntVector mb2 = qb2.lanewise(AND, mask);
        FloatVector wb2 =
            (SUBNORMAL
                ? mb2.reinterpretAsFloats()
                : (FloatVector) mb2.convertShape(I2F, FLOATS, 0));
        b20 = wb2.fma(v20, b20);
        b21 = wb2.fma(v21, b21);
      }
      qa2 = qa2.lanewise(LSHR, SIXES_SHIFT);
      qb2 = qb2.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + p + 13 + j]);
        FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + p + 13 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        FloatVector wa2 =
            (SUBNORMAL
                ? ma2.reinterpretAsFloats()
                : (FloatVector) ma2.convertShape(I2F, FLOATS, 0));
        a20 = wa2.fma(v20, a20);
        a21 = wa2.fma(v21, a21);
        IntVector mb2 = qb2.lanewise(AND, mask);
        FloatVector wb2 =
            (SUBNORMAL
                ? mb2.reinterpretAsFloats()
                : (FloatVector) mb2.convertShape(I2F, FLOATS, 0));
        b20 = wb2.fma(v20, b20);
        b21 = wb2.fma(v21, b21);
      }
      FloatVector x0v = FloatVector.broadcast(FLOATS, x[x0 + p + 15]);
      FloatVector x1v = FloatVector.broadcast(FLOATS, x[x1 + p + 15]);
      FloatVector wa =
          (SUBNORMAL
              ? lastA.reinterpretAsFloats()
              : (FloatVector) lastA.convertShape(I2F, FLOATS, 0));
      a20 = wa.fma(x0v, a20);
      a21 = wa.fma(x1v, a21);
      FloatVector wb =
          (SUBNORMAL
              ? lastB.reinterpretAsFloats()
              : (FloatVector) lastB.convertShape(I2F, FLOATS, 0));
      b20 = wb.fma(x0v, b20);
      b21 = wb.fma(x1v, b21);
      long group = (long) (i >> groupShift) * WORD;
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group + NEXT, LITTLE_ENDIAN);
      accA0 = scaleA.fma(a00.add(a20), accA0);
      accB0 = scaleB.fma(b00.add(b20), accB0);
      accA1 = scaleA.fma(a01.add(a21), accA1);
      accB1 = scaleB.fma(b01.add(b21), accB1);
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
      long at = word + 3L * i * WORD;
      int p = SPAN * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, MEMORY, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, MEMORY, at + WORD + NEXT, LITTLE_ENDIAN);
      IntVector qa2 = IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD, LITTLE_ENDIAN);
      IntVector qb2 =
          IntVector.fromMemorySegment(INTS, MEMORY, at + 2 * WORD + NEXT, LITTLE_ENDIAN);
      IntVector lastA =
          qa0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qa1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qa2.lanewise(LSHR, 30));
      IntVector lastB =
          qb0.lanewise(LSHR, 26)
              .lanewise(AND, 0x30)
              .lanewise(OR, qb1.lanewise(LSHR, 28).lanewise(AND, 0xc))
              .lanewise(OR, qb2.lanewise(LSHR, 30));
      FloatVector a00 = zero;
      FloatVector b00 = zero;
      FloatVector a01 = zero;
      FloatVector b01 = zero;
      FloatVector a02 = zero;
      FloatVector b02 = zero;
      FloatVector a03 = zero;
      FloatVector b03 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
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
      }
      qa0 = qa0.lanewise(LSHR, SIXES_SHIFT);
      qb0 = qb0.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v00 = FloatVector.broadcast(FLOATS, x[x0 + p + 3 + j]);
        FloatVector v01 = FloatVector.broadcast(FLOATS, x[x1 + p + 3 + j]);
        FloatVector v02 = FloatVector.broadcast(FLOATS, x[x2 + p + 3 + j]);
        FloatVector v03 = FloatVector.broadcast(FLOATS, x[x3 + p + 3 + j]);
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
      }
      FloatVector a10 = zero;
      FloatVector b10 = zero;
      FloatVector a11 = zero;
      FloatVector b11 = zero;
      FloatVector a12 = zero;
      FloatVector b12 = zero;
      FloatVector a13 = zero;
      FloatVector b13 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v10 = FloatVector.broadcast(FLOATS, x[x0 + p + 5 + j]);
        FloatVector v11 = FloatVector.broadcast(FLOATS, x[x1 + p + 5 + j]);
        FloatVector v12 = FloatVector.broadcast(FLOATS, x[x2 + p + 5 + j]);
        FloatVector v13 = FloatVector.broadcast(FLOATS, x[x3 + p + 5 + j]);
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
      qa1 = qa1.lanewise(LSHR, SIXES_SHIFT);
      qb1 = qb1.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
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
      a00 = a00.add(a10);
      b00 = b00.add(b10);
      a01 = a01.add(a11);
      b01 = b01.add(b11);
      a02 = a02.add(a12);
      b02 = b02.add(b12);
      a03 = a03.add(a13);
      b03 = b03.add(b13);
      FloatVector a20 = zero;
      FloatVector b20 = zero;
      FloatVector a21 = zero;
      FloatVector b21 = zero;
      FloatVector a22 = zero;
      FloatVector b22 = zero;
      FloatVector a23 = zero;
      FloatVector b23 = zero;
      for (int j = 0; j < SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + p + 10 + j]);
        FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + p + 10 + j]);
        FloatVector v22 = FloatVector.broadcast(FLOATS, x[x2 + p + 10 + j]);
        FloatVector v23 = FloatVector.broadcast(FLOATS, x[x3 + p + 10 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        FloatVector wa2 =
            (SUBNORMAL
                ? ma2.reinterpretAsFloats()
                : (FloatVector) ma2.convertShape(I2F, FLOATS, 0));
        a20 = wa2.fma(v20, a20);
        a21 = wa2.fma(v21, a21);
        a22 = wa2.fma(v22, a22);
        a23 = wa2.fma(v23, a23);
        IntVector mb2 = qb2.lanewise(AND, mask);
        FloatVector wb2 =
            (SUBNORMAL
                ? mb2.reinterpretAsFloats()
                : (FloatVector) mb2.convertShape(I2F, FLOATS, 0));
        b20 = wb2.fma(v20, b20);
        b21 = wb2.fma(v21, b21);
        b22 = wb2.fma(v22, b22);
        b23 = wb2.fma(v23, b23);
      }
      qa2 = qa2.lanewise(LSHR, SIXES_SHIFT);
      qb2 = qb2.lanewise(LSHR, SIXES_SHIFT);
      for (int j = 0; j < PER_WORD - SIXES.length; j++) {
        IntVector mask = IntVector.broadcast(INTS, SIXES[j]);
        FloatVector v20 = FloatVector.broadcast(FLOATS, x[x0 + p + 13 + j]);
        FloatVector v21 = FloatVector.broadcast(FLOATS, x[x1 + p + 13 + j]);
        FloatVector v22 = FloatVector.broadcast(FLOATS, x[x2 + p + 13 + j]);
        FloatVector v23 = FloatVector.broadcast(FLOATS, x[x3 + p + 13 + j]);
        IntVector ma2 = qa2.lanewise(AND, mask);
        FloatVector wa2 =
            (SUBNORMAL
                ? ma2.reinterpretAsFloats()
                : (FloatVector) ma2.convertShape(I2F, FLOATS, 0));
        a20 = wa2.fma(v20, a20);
        a21 = wa2.fma(v21, a21);
        a22 = wa2.fma(v22, a22);
        a23 = wa2.fma(v23, a23);
        IntVector mb2 = qb2.lanewise(AND, mask);
        FloatVector wb2 =
            (SUBNORMAL
                ? mb2.reinterpretAsFloats()
                : (FloatVector) mb2.convertShape(I2F, FLOATS, 0));
        b20 = wb2.fma(v20, b20);
        b21 = wb2.fma(v21, b21);
        b22 = wb2.fma(v22, b22);
        b23 = wb2.fma(v23, b23);
      }
      FloatVector x0v = FloatVector.broadcast(FLOATS, x[x0 + p + 15]);
      FloatVector x1v = FloatVector.broadcast(FLOATS, x[x1 + p + 15]);
      FloatVector x2v = FloatVector.broadcast(FLOATS, x[x2 + p + 15]);
      FloatVector x3v = FloatVector.broadcast(FLOATS, x[x3 + p + 15]);
      FloatVector wa =
          (SUBNORMAL
              ? lastA.reinterpretAsFloats()
              : (FloatVector) lastA.convertShape(I2F, FLOATS, 0));
      a20 = wa.fma(x0v, a20);
      a21 = wa.fma(x1v, a21);
      a22 = wa.fma(x2v, a22);
      a23 = wa.fma(x3v, a23);
      FloatVector wb =
          (SUBNORMAL
              ? lastB.reinterpretAsFloats()
              : (FloatVector) lastB.convertShape(I2F, FLOATS, 0));
      b20 = wb.fma(x0v, b20);
      b21 = wb.fma(x1v, b21);
      b22 = wb.fma(x2v, b22);
      b23 = wb.fma(x3v, b23);
      long group = (long) (i >> groupShift) * WORD;
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scales + group + NEXT, LITTLE_ENDIAN);
      accA0 = scaleA.fma(a00.add(a20), accA0);
      accB0 = scaleB.fma(b00.add(b20), accB0);
      accA1 = scaleA.fma(a01.add(a21), accA1);
      accB1 = scaleB.fma(b01.add(b21), accB1);
      accA2 = scaleA.fma(a02.add(a22), accA2);
      accB2 = scaleB.fma(b02.add(b22), accB2);
      accA3 = scaleA.fma(a03.add(a23), accA3);
      accB3 = scaleB.fma(b03.add(b23), accB3);
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
