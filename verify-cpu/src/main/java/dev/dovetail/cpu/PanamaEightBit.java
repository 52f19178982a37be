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

/**
 * Products of {@link WeightKind#EIGHT_BIT} weights, in the way of {@link PanamaFourBit}, two words
 * at a time.
 */
final class PanamaEightBit {
  private static final int BITS = 8;
  private static final int BYTE_0 = 0xff;
  private static final int BYTE_1 = BYTE_0 << BITS;
  private static final int END = BYTE_1 << BITS;

  /** From the lower half of a word to the upper. */
  private static final int HALF = 16;

  private static final long WORD = PanelPart.WORD_BYTES;

  /** The words whose products are summed before their scale comes in. */
  private static final long RUN = WeightKind.EIGHT_BIT.runBytes();

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  private PanamaEightBit() {}

  static void one(PanelBlock block, int token, int row) {
    float[] x = block.x;
    int k = token * block.fields + block.firstField;
    int step = block.tokens;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + block.firstSum;
    long at = (block.word + 4L * row) & ADDRESS;
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
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        for (long stop = at + RUN; at != stop; at += 2 * WORD) {
          IntVector qa0 = IntVector.fromMemorySegment(INTS, MEMORY, at & ADDRESS, LITTLE_ENDIAN);
          IntVector qb0 =
              IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + NEXT, LITTLE_ENDIAN);
          IntVector qa1 =
              IntVector.fromMemorySegment(INTS, MEMORY, (at & ADDRESS) + WORD, LITTLE_ENDIAN);
          IntVector qb1 =
              IntVector.fromMemorySegment(
                  INTS, MEMORY, (at & ADDRESS) + WORD + NEXT, LITTLE_ENDIAN);
          FloatVector wa0 =
              (FloatVector) qa0.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb0 =
              (FloatVector) qb0.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa0.fma(v00, a0);
          b0 = wb0.fma(v00, b0);
          FloatVector wa1 =
              (FloatVector) qa0.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb1 =
              (FloatVector) qb0.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v10 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa1.fma(v10, a0);
          b0 = wb1.fma(v10, b0);
          qa0 = qa0.lanewise(LSHR, HALF);
          qb0 = qb0.lanewise(LSHR, HALF);
          FloatVector wa2 =
              (FloatVector) qa0.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb2 =
              (FloatVector) qb0.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v20 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa2.fma(v20, a0);
          b0 = wb2.fma(v20, b0);
          FloatVector wa3 =
              (FloatVector) qa0.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb3 =
              (FloatVector) qb0.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v30 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa3.fma(v30, a0);
          b0 = wb3.fma(v30, b0);
          FloatVector wa4 =
              (FloatVector) qa1.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb4 =
              (FloatVector) qb1.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v40 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa4.fma(v40, a0);
          b0 = wb4.fma(v40, b0);
          FloatVector wa5 =
              (FloatVector) qa1.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb5 =
              (FloatVector) qb1.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v50 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa5.fma(v50, a0);
          b0 = wb5.fma(v50, b0);
          qa1 = qa1.lanewise(LSHR, HALF);
          qb1 = qb1.lanewise(LSHR, HALF);
          FloatVector wa6 =
              (FloatVector) qa1.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb6 =
              (FloatVector) qb1.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v60 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa6.fma(v60, a0);
          b0 = wb6.fma(v60, b0);
          FloatVector wa7 =
              (FloatVector) qa1.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          FloatVector wb7 =
              (FloatVector) qb1.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
          k += step;
          FloatVector v70 = FloatVector.broadcast(FLOATS, x[k]);
          a0 = wa7.fma(v70, a0);
          b0 = wb7.fma(v70, b0);
          k += step;
        }
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      sum++;
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
  }

  static void two(PanelBlock block, int token, int row) {
    float[] x = block.x;
    int k = token * block.fields + 2 * block.firstField;
    int step = block.tokens;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 2 * block.firstSum;
    long at = (block.word + 4L * row) & ADDRESS;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        for (long stop = at + RUN; at != stop; at += 2 * WORD) {
          long next = at + 2 * WORD;
          for (long from = at; from != next; from += WORD) {
            IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, from & ADDRESS, LITTLE_ENDIAN);
            IntVector qb =
                IntVector.fromMemorySegment(INTS, MEMORY, (from & ADDRESS) + NEXT, LITTLE_ENDIAN);
            for (int half = 1; half != 4; half <<= 1) {
              FloatVector wa0 =
                  (FloatVector) qa.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb0 =
                  (FloatVector) qb.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
              a0 = wa0.fma(v00, a0);
              b0 = wb0.fma(v00, b0);
              FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
              a1 = wa0.fma(v01, a1);
              b1 = wb0.fma(v01, b1);
              FloatVector wa1 =
                  (FloatVector) qa.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb1 =
                  (FloatVector) qb.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              k += step;
              FloatVector v10 = FloatVector.broadcast(FLOATS, x[k]);
              a0 = wa1.fma(v10, a0);
              b0 = wb1.fma(v10, b0);
              FloatVector v11 = FloatVector.broadcast(FLOATS, x[k + 1]);
              a1 = wa1.fma(v11, a1);
              b1 = wb1.fma(v11, b1);
              k += step;
              qa = qa.lanewise(LSHR, HALF);
              qb = qb.lanewise(LSHR, HALF);
            }
          }
        }
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
        accA1 = scaleA.fma(a1, accA1);
        accB1 = scaleB.fma(b1, accB1);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum + 1]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
      sum += 2;
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
  }

  static void three(PanelBlock block, int token, int row) {
    float[] x = block.x;
    int k = token * block.fields + 3 * block.firstField;
    int step = block.tokens;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 3 * block.firstSum;
    long at = (block.word + 4L * row) & ADDRESS;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA2 = FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accB2 =
        FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector a2 = zero;
        FloatVector b2 = zero;
        for (long stop = at + RUN; at != stop; at += 2 * WORD) {
          long next = at + 2 * WORD;
          for (long from = at; from != next; from += WORD) {
            IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, from & ADDRESS, LITTLE_ENDIAN);
            IntVector qb =
                IntVector.fromMemorySegment(INTS, MEMORY, (from & ADDRESS) + NEXT, LITTLE_ENDIAN);
            for (int half = 1; half != 4; half <<= 1) {
              FloatVector wa0 =
                  (FloatVector) qa.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb0 =
                  (FloatVector) qb.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
              a0 = wa0.fma(v00, a0);
              b0 = wb0.fma(v00, b0);
              FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
              a1 = wa0.fma(v01, a1);
              b1 = wb0.fma(v01, b1);
              FloatVector v02 = FloatVector.broadcast(FLOATS, x[k + 2]);
              a2 = wa0.fma(v02, a2);
              b2 = wb0.fma(v02, b2);
              FloatVector wa1 =
                  (FloatVector) qa.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb1 =
                  (FloatVector) qb.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              k += step;
              FloatVector v10 = FloatVector.broadcast(FLOATS, x[k]);
              a0 = wa1.fma(v10, a0);
              b0 = wb1.fma(v10, b0);
              FloatVector v11 = FloatVector.broadcast(FLOATS, x[k + 1]);
              a1 = wa1.fma(v11, a1);
              b1 = wb1.fma(v11, b1);
              FloatVector v12 = FloatVector.broadcast(FLOATS, x[k + 2]);
              a2 = wa1.fma(v12, a2);
              b2 = wb1.fma(v12, b2);
              k += step;
              qa = qa.lanewise(LSHR, HALF);
              qb = qb.lanewise(LSHR, HALF);
            }
          }
        }
        accA0 = scaleA.fma(a0, accA0);
        accB0 = scaleB.fma(b0, accB0);
        accA1 = scaleA.fma(a1, accA1);
        accB1 = scaleB.fma(b1, accB1);
        accA2 = scaleA.fma(a2, accA2);
        accB2 = scaleB.fma(b2, accB2);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      FloatVector ofX0 = FloatVector.broadcast(FLOATS, sums[sum]);
      accA0 = minA.fma(ofX0, accA0);
      accB0 = minB.fma(ofX0, accB0);
      FloatVector ofX1 = FloatVector.broadcast(FLOATS, sums[sum + 1]);
      accA1 = minA.fma(ofX1, accA1);
      accB1 = minB.fma(ofX1, accB1);
      FloatVector ofX2 = FloatVector.broadcast(FLOATS, sums[sum + 2]);
      accA2 = minA.fma(ofX2, accA2);
      accB2 = minB.fma(ofX2, accB2);
      sum += 3;
    }
    accA0.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
    accA2.intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
    accB2.intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
  }

  static void four(PanelBlock block, int token, int row) {
    float[] x = block.x;
    int k = token * block.fields + 4 * block.firstField;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 4 * block.firstSum;
    long at = (block.word + 4L * row) & ADDRESS;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector a2 = zero;
        FloatVector b2 = zero;
        FloatVector a3 = zero;
        FloatVector b3 = zero;
        for (long stop = at + RUN; at != stop; at += 2 * WORD) {
          long next = at + 2 * WORD;
          for (long from = at; from != next; from += WORD) {
            IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, from & ADDRESS, LITTLE_ENDIAN);
            IntVector qb =
                IntVector.fromMemorySegment(INTS, MEMORY, (from & ADDRESS) + NEXT, LITTLE_ENDIAN);
            for (int half = 1; half != 4; half <<= 1) {
              FloatVector wa0 =
                  (FloatVector) qa.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb0 =
                  (FloatVector) qb.lanewise(AND, BYTE_0).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
              a0 = wa0.fma(v00, a0);
              b0 = wb0.fma(v00, b0);
              FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
              a1 = wa0.fma(v01, a1);
              b1 = wb0.fma(v01, b1);
              FloatVector v02 = FloatVector.broadcast(FLOATS, x[k + 2]);
              a2 = wa0.fma(v02, a2);
              b2 = wb0.fma(v02, b2);
              FloatVector v03 = FloatVector.broadcast(FLOATS, x[k + 3]);
              a3 = wa0.fma(v03, a3);
              b3 = wb0.fma(v03, b3);
              FloatVector wa1 =
                  (FloatVector) qa.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector wb1 =
                  (FloatVector) qb.lanewise(AND, BYTE_1).convertShape(TO_FLOAT, FLOATS, 0);
              FloatVector v10 = FloatVector.broadcast(FLOATS, x[k + 4]);
              a0 = wa1.fma(v10, a0);
              b0 = wb1.fma(v10, b0);
              FloatVector v11 = FloatVector.broadcast(FLOATS, x[k + 5]);
              a1 = wa1.fma(v11, a1);
              b1 = wb1.fma(v11, b1);
              FloatVector v12 = FloatVector.broadcast(FLOATS, x[k + 6]);
              a2 = wa1.fma(v12, a2);
              b2 = wb1.fma(v12, b2);
              FloatVector v13 = FloatVector.broadcast(FLOATS, x[k + 7]);
              a3 = wa1.fma(v13, a3);
              b3 = wb1.fma(v13, b3);
              k += 8;
              qa = qa.lanewise(LSHR, HALF);
              qb = qb.lanewise(LSHR, HALF);
            }
          }
        }
        scaleA
            .fma(a0, FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
        scaleB
            .fma(b0, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a1, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
        scaleB
            .fma(b1, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a2, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b2,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a3, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b3,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long acc = to; acc != to + 4 * WORD; acc += WORD) {
        FloatVector ofX = FloatVector.broadcast(FLOATS, sums[sum++]);
        minA.fma(ofX, FloatVector.fromMemorySegment(FLOATS, MEMORY, acc & ADDRESS, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, acc & ADDRESS, LITTLE_ENDIAN);
        minB.fma(
                ofX,
                FloatVector.fromMemorySegment(
                    FLOATS, MEMORY, (acc & ADDRESS) + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, (acc & ADDRESS) + NEXT, LITTLE_ENDIAN);
      }
    }
  }

  static void eight(PanelBlock block, int token, int row) {
    float[] x = block.x;
    int k = token * block.fields + 8 * block.firstField;
    float[] sums = block.sums;
    int sum = token * block.sumsOfToken + 8 * block.firstSum;
    long at = (block.word + 4L * row) & ADDRESS;
    long scale = (block.scales + 4L * row) & ADDRESS;
    long min = (block.mins + 4L * row) & ADDRESS;
    long groupBytes = block.groupBytes;
    long end = at + block.groups * groupBytes;
    long to = (block.acc + token * WORD + 4L * row) & ADDRESS;
    FloatVector zero = FloatVector.zero(FLOATS);
    for (; at != end; scale += WORD, min += WORD) {
      FloatVector scaleA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, scale & ADDRESS, LITTLE_ENDIAN);
      FloatVector scaleB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (scale & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long last = at + groupBytes; at != last; ) {
        FloatVector a0 = zero;
        FloatVector b0 = zero;
        FloatVector a1 = zero;
        FloatVector b1 = zero;
        FloatVector a2 = zero;
        FloatVector b2 = zero;
        FloatVector a3 = zero;
        FloatVector b3 = zero;
        FloatVector a4 = zero;
        FloatVector b4 = zero;
        FloatVector a5 = zero;
        FloatVector b5 = zero;
        FloatVector a6 = zero;
        FloatVector b6 = zero;
        FloatVector a7 = zero;
        FloatVector b7 = zero;
        for (long stop = at + RUN; at != stop; at += 2 * WORD) {
          long next = at + 2 * WORD;
          for (long from = at; from != next; from += WORD) {
            IntVector qa = IntVector.fromMemorySegment(INTS, MEMORY, from & ADDRESS, LITTLE_ENDIAN);
            IntVector qb =
                IntVector.fromMemorySegment(INTS, MEMORY, (from & ADDRESS) + NEXT, LITTLE_ENDIAN);
            for (int half = 1; half != 4; half <<= 1) {
              for (int bits = BYTE_0; bits != END; bits <<= BITS) {
                IntVector mask = IntVector.broadcast(INTS, bits);
                FloatVector wa0 =
                    (FloatVector) qa.lanewise(AND, mask).convertShape(TO_FLOAT, FLOATS, 0);
                FloatVector wb0 =
                    (FloatVector) qb.lanewise(AND, mask).convertShape(TO_FLOAT, FLOATS, 0);
                FloatVector v00 = FloatVector.broadcast(FLOATS, x[k]);
                a0 = wa0.fma(v00, a0);
                b0 = wb0.fma(v00, b0);
                FloatVector v01 = FloatVector.broadcast(FLOATS, x[k + 1]);
                a1 = wa0.fma(v01, a1);
                b1 = wb0.fma(v01, b1);
                FloatVector v02 = FloatVector.broadcast(FLOATS, x[k + 2]);
                a2 = wa0.fma(v02, a2);
                b2 = wb0.fma(v02, b2);
                FloatVector v03 = FloatVector.broadcast(FLOATS, x[k + 3]);
                a3 = wa0.fma(v03, a3);
                b3 = wb0.fma(v03, b3);
                FloatVector v04 = FloatVector.broadcast(FLOATS, x[k + 4]);
                a4 = wa0.fma(v04, a4);
                b4 = wb0.fma(v04, b4);
                FloatVector v05 = FloatVector.broadcast(FLOATS, x[k + 5]);
                a5 = wa0.fma(v05, a5);
                b5 = wb0.fma(v05, b5);
                FloatVector v06 = FloatVector.broadcast(FLOATS, x[k + 6]);
                a6 = wa0.fma(v06, a6);
                b6 = wb0.fma(v06, b6);
                FloatVector v07 = FloatVector.broadcast(FLOATS, x[k + 7]);
                a7 = wa0.fma(v07, a7);
                b7 = wb0.fma(v07, b7);
                k += 8;
              }
              qa = qa.lanewise(LSHR, HALF);
              qb = qb.lanewise(LSHR, HALF);
            }
          }
        }
        scaleA
            .fma(a0, FloatVector.fromMemorySegment(FLOATS, MEMORY, to, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to, LITTLE_ENDIAN);
        scaleB
            .fma(b0, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a1, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + WORD, LITTLE_ENDIAN);
        scaleB
            .fma(b1, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a2, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 2 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b2,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a3, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 3 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b3,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a4, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 4 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b4,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 4 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 4 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a5, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 5 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 5 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b5,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 5 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 5 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a6, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 6 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 6 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b6,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 6 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 6 * WORD + NEXT, LITTLE_ENDIAN);
        scaleA
            .fma(a7, FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 7 * WORD, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 7 * WORD, LITTLE_ENDIAN);
        scaleB
            .fma(
                b7,
                FloatVector.fromMemorySegment(FLOATS, MEMORY, to + 7 * WORD + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, to + 7 * WORD + NEXT, LITTLE_ENDIAN);
      }
      FloatVector minA =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, min & ADDRESS, LITTLE_ENDIAN);
      FloatVector minB =
          FloatVector.fromMemorySegment(FLOATS, MEMORY, (min & ADDRESS) + NEXT, LITTLE_ENDIAN);
      for (long acc = to; acc != to + 8 * WORD; acc += WORD) {
        FloatVector ofX = FloatVector.broadcast(FLOATS, sums[sum++]);
        minA.fma(ofX, FloatVector.fromMemorySegment(FLOATS, MEMORY, acc & ADDRESS, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, acc & ADDRESS, LITTLE_ENDIAN);
        minB.fma(
                ofX,
                FloatVector.fromMemorySegment(
                    FLOATS, MEMORY, (acc & ADDRESS) + NEXT, LITTLE_ENDIAN))
            .intoMemorySegment(MEMORY, (acc & ADDRESS) + NEXT, LITTLE_ENDIAN);
      }
    }
  }
}
