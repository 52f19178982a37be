package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.ADDRESS;
import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanamaSpecies.MEMORY;
import static dev.dovetail.cpu.PanamaSpecies.TO_FLOAT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Products of {@link WeightKind#SIX_BIT} weights, in the way of {@link PanamaFourBitPairs}. */
final class PanamaSixBitPairs {
  private static final int BITS = 6;
  private static final int SIX_0 = 0x3f;
  private static final int SIX_1 = SIX_0 << BITS;
  private static final int SIX_2 = SIX_1 << BITS;

  /** From the lower half of a word to the upper. */
  private static final int HALF = 18;

  private static final long WORD = PanelPart.WORD_BYTES;

  /** The words whose products are summed before their scale comes in. */
  private static final long RUN = WeightKind.SIX_BIT.runBytes();

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaSixBitPairs() {}

  static void two(PanelBlock block, PanelBlock below, int token) {
    float[] x = block.x;
    int k = token * block.fields + 2 * block.firstField;
    int step = block.tokens;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 2 * block.firstSum;
    long at = block.word & ADDRESS;
    long scale = block.scales & ADDRESS;
    long min = block.mins & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long toWords = below.word - block.word;
    long toScales = below.scales - block.scales;
    long toMins = below.mins - block.mins;
    long to = (block.acc + token * WORD) & ADDRESS;
    long toBelow = (below.acc + token * WORD) & ADDRESS;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accC0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow, LITTLE_ENDIAN);
    FloatVector accC1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + WORD, LITTLE_ENDIAN);
    FloatVector accD0 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + NEXT, LITTLE_ENDIAN);
    FloatVector accD1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + WORD + NEXT, LITTLE_ENDIAN);
    for (; at != end; scale += WORD, min += WORD) {
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector c0 = zero;
        FloatVector d0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector c1 = zero;
        FloatVector d1 = zero;
        for (long stop = at + RUN; at != stop; at += WORD) {
          IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
          IntVector qb =
              IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
          IntVector qc =
              IntVector.fromMemorySegment(INTS, MEMORY, (at + toWords) & ADDRESS, LITTLE_ENDIAN);
          IntVector qd =
              IntVector.fromMemorySegment(
                  INTS, MEMORY, ((at + toWords) & ADDRESS) + NEXT, LITTLE_ENDIAN);
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa0 = (FloatVector) qa.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa0.fma(v00, a0);
          a1 = wa0.fma(v01, a1);
          FloatVector wb0 = (FloatVector) qb.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb0.fma(v00, b0);
          b1 = wb0.fma(v01, b1);
          FloatVector wc0 = (FloatVector) qc.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc0.fma(v00, c0);
          c1 = wc0.fma(v01, c1);
          FloatVector wd0 = (FloatVector) qd.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd0.fma(v00, d0);
          d1 = wd0.fma(v01, d1);
          k += step;
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v11 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa1 = (FloatVector) qa.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa1.fma(v10, a0);
          a1 = wa1.fma(v11, a1);
          FloatVector wb1 = (FloatVector) qb.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb1.fma(v10, b0);
          b1 = wb1.fma(v11, b1);
          FloatVector wc1 = (FloatVector) qc.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc1.fma(v10, c0);
          c1 = wc1.fma(v11, c1);
          FloatVector wd1 = (FloatVector) qd.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd1.fma(v10, d0);
          d1 = wd1.fma(v11, d1);
          k += step;
          FloatVector v20 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v21 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa2 = (FloatVector) qa.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa2.fma(v20, a0);
          a1 = wa2.fma(v21, a1);
          FloatVector wb2 = (FloatVector) qb.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb2.fma(v20, b0);
          b1 = wb2.fma(v21, b1);
          FloatVector wc2 = (FloatVector) qc.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc2.fma(v20, c0);
          c1 = wc2.fma(v21, c1);
          FloatVector wd2 = (FloatVector) qd.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd2.fma(v20, d0);
          d1 = wd2.fma(v21, d1);
          k += step;
          qa = qa.lanewise(LSHR, HALF);
          qb = qb.lanewise(LSHR, HALF);
          qc = qc.lanewise(LSHR, HALF);
          qd = qd.lanewise(LSHR, HALF);
          FloatVector v30 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v31 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa3 = (FloatVector) qa.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa3.fma(v30, a0);
          a1 = wa3.fma(v31, a1);
          FloatVector wb3 = (FloatVector) qb.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb3.fma(v30, b0);
          b1 = wb3.fma(v31, b1);
          FloatVector wc3 = (FloatVector) qc.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc3.fma(v30, c0);
          c1 = wc3.fma(v31, c1);
          FloatVector wd3 = (FloatVector) qd.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd3.fma(v30, d0);
          d1 = wd3.fma(v31, d1);
          k += step;
          FloatVector v40 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v41 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa4 = (FloatVector) qa.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa4.fma(v40, a0);
          a1 = wa4.fma(v41, a1);
          FloatVector wb4 = (FloatVector) qb.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb4.fma(v40, b0);
          b1 = wb4.fma(v41, b1);
          FloatVector wc4 = (FloatVector) qc.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc4.fma(v40, c0);
          c1 = wc4.fma(v41, c1);
          FloatVector wd4 = (FloatVector) qd.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd4.fma(v40, d0);
          d1 = wd4.fma(v41, d1);
          k += step;
          FloatVector v50 = FloatVector.broadcast(FLOATS, x[k]);
          FloatVector v51 = FloatVector.broadcast(FLOATS, x[k + 1]);
          FloatVector wa5 = (FloatVector) qa.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          a0 = wa5.fma(v50, a0);
          a1 = wa5.fma(v51, a1);
          FloatVector wb5 = (FloatVector) qb.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          b0 = wb5.fma(v50, b0);
          b1 = wb5.fma(v51, b1);
          FloatVector wc5 = (FloatVector) qc.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          c0 = wc5.fma(v50, c0);
          c1 = wc5.fma(v51, c1);
          FloatVector wd5 = (FloatVector) qd.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
          d0 = wd5.fma(v50, d0);
          d1 = wd5.fma(v51, d1);
          k += step;
        }
        FloatVector scaleA =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
        accA0 = scaleA.fma(a0, accA0);
        accA1 = scaleA.fma(a1, accA1);
        FloatVector scaleB =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
        accB0 = scaleB.fma(b0, accB0);
        accB1 = scaleB.fma(b1, accB1);
        FloatVector scaleC =
            FloatVector.fromMemorySegment(
                FLOATS, MEMORY, (scale + toScales) & ADDRESS, LITTLE_ENDIAN);
        accC0 = scaleC.fma(c0, accC0);
        accC1 = scaleC.fma(c1, accC1);
        FloatVector scaleD =
            FloatVector.fromMemorySegment(
                FLOATS, MEMORY, ((scale + toScales) & ADDRESS) + NEXT, LITTLE_ENDIAN);
        accD0 = scaleD.fma(d0, accD0);
        accD1 = scaleD.fma(d1, accD1);
      }
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum]);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum + 1]);
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      accA0 = minA.fma(ofX0, accA0);
      accA1 = minA.fma(ofX1, accA1);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      accB0 = minB.fma(ofX0, accB0);
      accB1 = minB.fma(ofX1, accB1);
      FloatVector minC =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min + toMins) & ADDRESS, LITTLE_ENDIAN);
      accC0 = minC.fma(ofX0, accC0);
      accC1 = minC.fma(ofX1, accC1);
      FloatVector minD =
          FloatVector.fromMemorySegment(
              FLOATS, MEMORY, ((min + toMins) & ADDRESS) + NEXT, LITTLE_ENDIAN);
      accD0 = minD.fma(ofX0, accD0);
      accD1 = minD.fma(ofX1, accD1);
      sum += 2;
    }

    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    accC0.intoMemorySegment(MEMORY, toBelow, LITTLE_ENDIAN);
    accC1.intoMemorySegment(MEMORY, toBelow + WORD, LITTLE_ENDIAN);
    accD0.intoMemorySegment(MEMORY, toBelow + NEXT, LITTLE_ENDIAN);
    accD1.intoMemorySegment(MEMORY, toBelow + WORD + NEXT, LITTLE_ENDIAN);
  }

  static void three(PanelBlock block, PanelBlock below, int token) {
    float[] x = block.x;
    int k = token * block.fields + 3 * block.firstField;
    int step = block.tokens;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 3 * block.firstSum;
    long at = block.word & ADDRESS;
    long scale = block.scales & ADDRESS;
    long min = block.mins & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long toWords = below.word - block.word;
    long toScales = below.scales - block.scales;
    long toMins = below.mins - block.mins;
    long to = (block.acc + token * WORD) & ADDRESS;
    long toBelow = (below.acc + token * WORD) & ADDRESS;
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accA2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accB2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accC0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow, LITTLE_ENDIAN);
    FloatVector accC1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + WORD, LITTLE_ENDIAN);
    FloatVector accC2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accD0 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + NEXT, LITTLE_ENDIAN);
    FloatVector accD1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accD2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, toBelow + 2 * WORD + NEXT, LITTLE_ENDIAN);
    for (; at != end; scale += WORD, min += WORD) {
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector c0 = zero;
        FloatVector d0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector c1 = zero;
        FloatVector d1 = zero;
        FloatVector a2 = zero;
        FloatVector b2 = zero;
        FloatVector c2 = zero;
        FloatVector d2 = zero;
        for (long stop = at + RUN; at != stop; at += WORD) {
          IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
          IntVector qb =
              IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
          IntVector qc =
              IntVector.fromMemorySegment(INTS, MEMORY, (at + toWords) & ADDRESS, LITTLE_ENDIAN);
          IntVector qd =
              IntVector.fromMemorySegment(
                  INTS, MEMORY, ((at + toWords) & ADDRESS) + NEXT, LITTLE_ENDIAN);
          for (int half = 1; half != 4; half <<= 1) {
            FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
            FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
            FloatVector v02 = FloatVector.broadcast(FLOATS, x[k + 2]);
            FloatVector wa0 =
                (FloatVector) qa.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
            a0 = wa0.fma(v00, a0);
            a1 = wa0.fma(v01, a1);
            a2 = wa0.fma(v02, a2);
            FloatVector wb0 =
                (FloatVector) qb.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
            b0 = wb0.fma(v00, b0);
            b1 = wb0.fma(v01, b1);
            b2 = wb0.fma(v02, b2);
            FloatVector wc0 =
                (FloatVector) qc.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
            c0 = wc0.fma(v00, c0);
            c1 = wc0.fma(v01, c1);
            c2 = wc0.fma(v02, c2);
            FloatVector wd0 =
                (FloatVector) qd.lanewise(AND, SIX_0).convertShape(TO_FLOAT, FLOATS, 0);
            d0 = wd0.fma(v00, d0);
            d1 = wd0.fma(v01, d1);
            d2 = wd0.fma(v02, d2);
            k += step;
            FloatVector v10 = FloatVector.broadcast(FLOATS, x[k]);
            FloatVector v11 = FloatVector.broadcast(FLOATS, x[k + 1]);
            FloatVector v12 = FloatVector.broadcast(FLOATS, x[k + 2]);
            FloatVector wa1 =
                (FloatVector) qa.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
            a0 = wa1.fma(v10, a0);
            a1 = wa1.fma(v11, a1);
            a2 = wa1.fma(v12, a2);
            FloatVector wb1 =
                (FloatVector) qb.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
            b0 = wb1.fma(v10, b0);
            b1 = wb1.fma(v11, b1);
            b2 = wb1.fma(v12, b2);
            FloatVector wc1 =
                (FloatVector) qc.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
            c0 = wc1.fma(v10, c0);
            c1 = wc1.fma(v11, c1);
            c2 = wc1.fma(v12, c2);
            FloatVector wd1 =
                (FloatVector) qd.lanewise(AND, SIX_1).convertShape(TO_FLOAT, FLOATS, 0);
            d0 = wd1.fma(v10, d0);
            d1 = wd1.fma(v11, d1);
            d2 = wd1.fma(v12, d2);
            k += step;
            FloatVector v20 = FloatVector.broadcast(FLOATS, x[k]);
            FloatVector v21 = FloatVector.broadcast(FLOATS, x[k + 1]);
            FloatVector v22 = FloatVector.broadcast(FLOATS, x[k + 2]);
            FloatVector wa2 =
                (FloatVector) qa.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
            a0 = wa2.fma(v20, a0);
            a1 = wa2.fma(v21, a1);
            a2 = wa2.fma(v22, a2);
            FloatVector wb2 =
                (FloatVector) qb.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
            b0 = wb2.fma(v20, b0);
            b1 = wb2.fma(v21, b1);
            b2 = wb2.fma(v22, b2);
            FloatVector wc2 =
                (FloatVector) qc.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
            c0 = wc2.fma(v20, c0);
            c1 = wc2.fma(v21, c1);
            c2 = wc2.fma(v22, c2);
            FloatVector wd2 =
                (FloatVector) qd.lanewise(AND, SIX_2).convertShape(TO_FLOAT, FLOATS, 0);
            d0 = wd2.fma(v20, d0);
            d1 = wd2.fma(v21, d1);
            d2 = wd2.fma(v22, d2);
            k += step;
            qa = qa.lanewise(LSHR, HALF);
            qb = qb.lanewise(LSHR, HALF);
            qc = qc.lanewise(LSHR, HALF);
            qd = qd.lanewise(LSHR, HALF);
          }
        }
        FloatVector scaleA =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
        accA0 = scaleA.fma(a0, accA0);
        accA1 = scaleA.fma(a1, accA1);
        accA2 = scaleA.fma(a2, accA2);
        FloatVector scaleB =
            FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
        accB0 = scaleB.fma(b0, accB0);
        accB1 = scaleB.fma(b1, accB1);
        accB2 = scaleB.fma(b2, accB2);
        FloatVector scaleC =
            FloatVector.fromMemorySegment(
                FLOATS, MEMORY, (scale + toScales) & ADDRESS, LITTLE_ENDIAN);
        accC0 = scaleC.fma(c0, accC0);
        accC1 = scaleC.fma(c1, accC1);
        accC2 = scaleC.fma(c2, accC2);
        FloatVector scaleD =
            FloatVector.fromMemorySegment(
                FLOATS, MEMORY, ((scale + toScales) & ADDRESS) + NEXT, LITTLE_ENDIAN);
        accD0 = scaleD.fma(d0, accD0);
        accD1 = scaleD.fma(d1, accD1);
        accD2 = scaleD.fma(d2, accD2);
      }
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum]);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum + 1]);
      FloatVector ofX2 = FloatVector.broadcast(FLOATS, sums[sum + 2]);
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      accA0 = minA.fma(ofX0, accA0);
      accA1 = minA.fma(ofX1, accA1);
      accA2 = minA.fma(ofX2, accA2);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      accB0 = minB.fma(ofX0, accB0);
      accB1 = minB.fma(ofX1, accB1);
      accB2 = minB.fma(ofX2, accB2);
      FloatVector minC =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min + toMins) & ADDRESS, LITTLE_ENDIAN);
      accC0 = minC.fma(ofX0, accC0);
      accC1 = minC.fma(ofX1, accC1);
      accC2 = minC.fma(ofX2, accC2);
      FloatVector minD =
          FloatVector.fromMemorySegment(
              FLOATS, MEMORY, ((min + toMins) & ADDRESS) + NEXT, LITTLE_ENDIAN);
      accD0 = minD.fma(ofX0, accD0);
      accD1 = minD.fma(ofX1, accD1);
      accD2 = minD.fma(ofX2, accD2);
      sum += 3;
    }

    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accA2.intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    accB2.intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    accC0.intoMemorySegment(MEMORY, toBelow, LITTLE_ENDIAN);
    accC1.intoMemorySegment(MEMORY, toBelow + WORD, LITTLE_ENDIAN);
    accC2.intoMemorySegment(MEMORY, toBelow + 2 * WORD, LITTLE_ENDIAN);
    accD0.intoMemorySegment(MEMORY, toBelow + NEXT, LITTLE_ENDIAN);
    accD1.intoMemorySegment(MEMORY, toBelow + WORD + NEXT, LITTLE_ENDIAN);
    accD2.intoMemorySegment(MEMORY, toBelow + 2 * WORD + NEXT, LITTLE_ENDIAN);
  }
}
