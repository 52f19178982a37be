package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.INTS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.WeightKind.FIRST_SHIFT;
import static dev.dovetail.cpu.WeightKind.SECOND;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Products of {@link WeightKind#FOUR_BIT} weights, masked where they stand, not shifted down, for
 * one, two or four tokens: two vectors of a panel's rows from {@code row} on, columns {@code k} to
 * {@code k + cols - 1}, whose scales have been decoded. The outputs go on from {@code scratch.acc}.
 */
final class PanamaFourBit {
  private static final int PER_WORD = 8;
  private static final long WORD = PanelPart.WORD_BYTES;

  /** From one vector to the next. */
  private static final long NEXT = 4L * LANES;

  /** One word of each half of a group. */
  private static final long STEP = 2 * WORD;

  private PanamaFourBit() {}

  static void one(
      PanelPart part,
      int panel,
      int k,
      int cols,
      MatmulCall call,
      int token,
      MatmulScratch scratch,
      int row) {
    MemorySegment data = part.weights();
    long word = part.weightOffset(panel, k) + 4L * row;
    int size = part.format().groupSize();
    int turns = size / (2 * PER_WORD);
    float[] x = call.arranged(part.format());
    int x0 = token * part.cols() + k;
    MemorySegment scales = scratch.scales;
    MemorySegment mins = scratch.mins;
    float[] xSums = call.groupSums(size);
    int sum = token * part.groups() + k / size;
    MemorySegment out = scratch.acc;
    long to = (long) token * WORD + 4L * row;
    long scale = 4L * row;
    FloatVector accA = FloatVector.fromMemorySegment(FLOATS, out, to, LITTLE_ENDIAN);
    FloatVector accB = FloatVector.fromMemorySegment(FLOATS, out, to + NEXT, LITTLE_ENDIAN);
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int steps = cols / (2 * PER_WORD);
    int turn = 0;
    for (int i = 0; i < steps; i++) {
      long at = word + i * STEP;
      int p = 2 * PER_WORD * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, data, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, data, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, data, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, data, at + WORD + NEXT, LITTLE_ENDIAN);
      FloatVector fx0 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      a = ((FloatVector) qa0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0)).fma(fx0, a);
      b = ((FloatVector) qb0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0)).fma(fx0, b);
      FloatVector fx1 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD]);
      c = ((FloatVector) qa1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0)).fma(fx1, c);
      d = ((FloatVector) qb1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0)).fma(fx1, d);
      IntVector lower = IntVector.broadcast(INTS, SECOND);
      for (int j = 1; j < PER_WORD; j++) {
        FloatVector wx0 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        a = ((FloatVector) qa0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0)).fma(wx0, a);
        b = ((FloatVector) qb0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0)).fma(wx0, b);
        FloatVector wx1 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD + j]);
        c = ((FloatVector) qa1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0)).fma(wx1, c);
        d = ((FloatVector) qb1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0)).fma(wx1, d);
        lower = lower.lanewise(LSHR, 4);
      }
      if (++turn == turns) {
        FloatVector scaleA = FloatVector.fromMemorySegment(FLOATS, scales, scale, LITTLE_ENDIAN);
        FloatVector scaleB =
            FloatVector.fromMemorySegment(FLOATS, scales, scale + NEXT, LITTLE_ENDIAN);
        accA = scaleA.fma(a.add(c), accA);
        accB = scaleB.fma(b.add(d), accB);
        FloatVector minA = FloatVector.fromMemorySegment(FLOATS, mins, scale, LITTLE_ENDIAN);
        FloatVector minB = FloatVector.fromMemorySegment(FLOATS, mins, scale + NEXT, LITTLE_ENDIAN);
        FloatVector ofX = FloatVector.broadcast(FLOATS, xSums[sum]);
        accA = minA.fma(ofX, accA);
        accB = minB.fma(ofX, accB);
        sum++;
        scale += WORD;
        turn = 0;
        a = FloatVector.zero(FLOATS);
        b = a;
        c = a;
        d = a;
      }
    }
    accA.intoMemorySegment(out, to, LITTLE_ENDIAN);
    accB.intoMemorySegment(out, to + NEXT, LITTLE_ENDIAN);
  }

  static void two(
      PanelPart part,
      int panel,
      int k,
      int cols,
      MatmulCall call,
      int token,
      MatmulScratch scratch,
      int row) {
    MemorySegment data = part.weights();
    long word = part.weightOffset(panel, k) + 4L * row;
    int size = part.format().groupSize();
    int turns = size / (2 * PER_WORD);
    float[] x = call.arranged(part.format());
    int x0 = token * part.cols() + k;
    int x1 = x0 + part.cols();
    MemorySegment scales = scratch.scales;
    MemorySegment mins = scratch.mins;
    float[] xSums = call.groupSums(size);
    int groups = part.groups();
    int sum = token * groups + k / size;
    MemorySegment out = scratch.acc;
    long to = (long) token * WORD + 4L * row;
    long scale = 4L * row;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, out, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, out, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, out, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 = FloatVector.fromMemorySegment(FLOATS, out, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector c0 = a0;
    FloatVector c1 = a0;
    FloatVector d0 = a0;
    FloatVector d1 = a0;
    int steps = cols / (2 * PER_WORD);
    int turn = 0;
    for (int i = 0; i < steps; i++) {
      long at = word + i * STEP;
      int p = 2 * PER_WORD * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, data, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, data, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, data, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, data, at + WORD + NEXT, LITTLE_ENDIAN);
      FloatVector fx00 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      FloatVector fx01 = FloatVector.broadcast(FLOATS, x[x1 + p]);
      FloatVector fa0 = (FloatVector) qa0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      a0 = fa0.fma(fx00, a0);
      a1 = fa0.fma(fx01, a1);
      FloatVector fb0 = (FloatVector) qb0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      b0 = fb0.fma(fx00, b0);
      b1 = fb0.fma(fx01, b1);
      FloatVector fx10 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD]);
      FloatVector fx11 = FloatVector.broadcast(FLOATS, x[x1 + p + PER_WORD]);
      FloatVector fa1 = (FloatVector) qa1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      c0 = fa1.fma(fx10, c0);
      c1 = fa1.fma(fx11, c1);
      FloatVector fb1 = (FloatVector) qb1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      d0 = fb1.fma(fx10, d0);
      d1 = fb1.fma(fx11, d1);
      IntVector lower = IntVector.broadcast(INTS, SECOND);
      for (int j = 1; j < PER_WORD; j++) {
        FloatVector wx00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector wx01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        FloatVector wa0 = (FloatVector) qa0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        a0 = wa0.fma(wx00, a0);
        a1 = wa0.fma(wx01, a1);
        FloatVector wb0 = (FloatVector) qb0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        b0 = wb0.fma(wx00, b0);
        b1 = wb0.fma(wx01, b1);
        FloatVector wx10 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD + j]);
        FloatVector wx11 = FloatVector.broadcast(FLOATS, x[x1 + p + PER_WORD + j]);
        FloatVector wa1 = (FloatVector) qa1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        c0 = wa1.fma(wx10, c0);
        c1 = wa1.fma(wx11, c1);
        FloatVector wb1 = (FloatVector) qb1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        d0 = wb1.fma(wx10, d0);
        d1 = wb1.fma(wx11, d1);
        lower = lower.lanewise(LSHR, 4);
      }
      if (++turn == turns) {
        FloatVector scaleA = FloatVector.fromMemorySegment(FLOATS, scales, scale, LITTLE_ENDIAN);
        FloatVector scaleB =
            FloatVector.fromMemorySegment(FLOATS, scales, scale + NEXT, LITTLE_ENDIAN);
        accA0 = scaleA.fma(a0.add(c0), accA0);
        accB0 = scaleB.fma(b0.add(d0), accB0);
        accA1 = scaleA.fma(a1.add(c1), accA1);
        accB1 = scaleB.fma(b1.add(d1), accB1);
        FloatVector minA = FloatVector.fromMemorySegment(FLOATS, mins, scale, LITTLE_ENDIAN);
        FloatVector minB = FloatVector.fromMemorySegment(FLOATS, mins, scale + NEXT, LITTLE_ENDIAN);
        FloatVector ofX0 = FloatVector.broadcast(FLOATS, xSums[sum]);
        accA0 = minA.fma(ofX0, accA0);
        accB0 = minB.fma(ofX0, accB0);
        FloatVector ofX1 = FloatVector.broadcast(FLOATS, xSums[sum + groups]);
        accA1 = minA.fma(ofX1, accA1);
        accB1 = minB.fma(ofX1, accB1);
        sum++;
        scale += WORD;
        turn = 0;
        a0 = FloatVector.zero(FLOATS);
        a1 = a0;
        b0 = a0;
        b1 = a0;
        c0 = a0;
        c1 = a0;
        d0 = a0;
        d1 = a0;
      }
    }
    accA0.intoMemorySegment(out, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(out, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(out, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(out, to + WORD + NEXT, LITTLE_ENDIAN);
  }

  static void four(
      PanelPart part,
      int panel,
      int k,
      int cols,
      MatmulCall call,
      int token,
      MatmulScratch scratch,
      int row) {
    MemorySegment data = part.weights();
    long word = part.weightOffset(panel, k) + 4L * row;
    int size = part.format().groupSize();
    int turns = size / (2 * PER_WORD);
    float[] x = call.arranged(part.format());
    int x0 = token * part.cols() + k;
    int x1 = x0 + part.cols();
    int x2 = x1 + part.cols();
    int x3 = x2 + part.cols();
    MemorySegment scales = scratch.scales;
    MemorySegment mins = scratch.mins;
    float[] xSums = call.groupSums(size);
    int groups = part.groups();
    int sum = token * groups + k / size;
    MemorySegment out = scratch.acc;
    long to = (long) token * WORD + 4L * row;
    long scale = 4L * row;
    FloatVector accA0 = FloatVector.fromMemorySegment(FLOATS, out, to, LITTLE_ENDIAN);
    FloatVector accB0 = FloatVector.fromMemorySegment(FLOATS, out, to + NEXT, LITTLE_ENDIAN);
    FloatVector accA1 = FloatVector.fromMemorySegment(FLOATS, out, to + WORD, LITTLE_ENDIAN);
    FloatVector accB1 = FloatVector.fromMemorySegment(FLOATS, out, to + WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA2 = FloatVector.fromMemorySegment(FLOATS, out, to + 2 * WORD, LITTLE_ENDIAN);
    FloatVector accB2 =
        FloatVector.fromMemorySegment(FLOATS, out, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector accA3 = FloatVector.fromMemorySegment(FLOATS, out, to + 3 * WORD, LITTLE_ENDIAN);
    FloatVector accB3 =
        FloatVector.fromMemorySegment(FLOATS, out, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    FloatVector c0 = a0;
    FloatVector c1 = a0;
    FloatVector c2 = a0;
    FloatVector c3 = a0;
    FloatVector d0 = a0;
    FloatVector d1 = a0;
    FloatVector d2 = a0;
    FloatVector d3 = a0;
    int steps = cols / (2 * PER_WORD);
    int turn = 0;
    for (int i = 0; i < steps; i++) {
      long at = word + i * STEP;
      int p = 2 * PER_WORD * i;
      IntVector qa0 = IntVector.fromMemorySegment(INTS, data, at, LITTLE_ENDIAN);
      IntVector qb0 = IntVector.fromMemorySegment(INTS, data, at + NEXT, LITTLE_ENDIAN);
      IntVector qa1 = IntVector.fromMemorySegment(INTS, data, at + WORD, LITTLE_ENDIAN);
      IntVector qb1 = IntVector.fromMemorySegment(INTS, data, at + WORD + NEXT, LITTLE_ENDIAN);
      FloatVector fx00 = FloatVector.broadcast(FLOATS, x[x0 + p]);
      FloatVector fx01 = FloatVector.broadcast(FLOATS, x[x1 + p]);
      FloatVector fx02 = FloatVector.broadcast(FLOATS, x[x2 + p]);
      FloatVector fx03 = FloatVector.broadcast(FLOATS, x[x3 + p]);
      FloatVector fa0 = (FloatVector) qa0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      a0 = fa0.fma(fx00, a0);
      a1 = fa0.fma(fx01, a1);
      a2 = fa0.fma(fx02, a2);
      a3 = fa0.fma(fx03, a3);
      FloatVector fb0 = (FloatVector) qb0.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      b0 = fb0.fma(fx00, b0);
      b1 = fb0.fma(fx01, b1);
      b2 = fb0.fma(fx02, b2);
      b3 = fb0.fma(fx03, b3);
      FloatVector fx10 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD]);
      FloatVector fx11 = FloatVector.broadcast(FLOATS, x[x1 + p + PER_WORD]);
      FloatVector fx12 = FloatVector.broadcast(FLOATS, x[x2 + p + PER_WORD]);
      FloatVector fx13 = FloatVector.broadcast(FLOATS, x[x3 + p + PER_WORD]);
      FloatVector fa1 = (FloatVector) qa1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      c0 = fa1.fma(fx10, c0);
      c1 = fa1.fma(fx11, c1);
      c2 = fa1.fma(fx12, c2);
      c3 = fa1.fma(fx13, c3);
      FloatVector fb1 = (FloatVector) qb1.lanewise(LSHR, FIRST_SHIFT).convertShape(I2F, FLOATS, 0);
      d0 = fb1.fma(fx10, d0);
      d1 = fb1.fma(fx11, d1);
      d2 = fb1.fma(fx12, d2);
      d3 = fb1.fma(fx13, d3);
      IntVector lower = IntVector.broadcast(INTS, SECOND);
      for (int j = 1; j < PER_WORD; j++) {
        FloatVector wx00 = FloatVector.broadcast(FLOATS, x[x0 + p + j]);
        FloatVector wx01 = FloatVector.broadcast(FLOATS, x[x1 + p + j]);
        FloatVector wx02 = FloatVector.broadcast(FLOATS, x[x2 + p + j]);
        FloatVector wx03 = FloatVector.broadcast(FLOATS, x[x3 + p + j]);
        FloatVector wa0 = (FloatVector) qa0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        a0 = wa0.fma(wx00, a0);
        a1 = wa0.fma(wx01, a1);
        a2 = wa0.fma(wx02, a2);
        a3 = wa0.fma(wx03, a3);
        FloatVector wb0 = (FloatVector) qb0.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        b0 = wb0.fma(wx00, b0);
        b1 = wb0.fma(wx01, b1);
        b2 = wb0.fma(wx02, b2);
        b3 = wb0.fma(wx03, b3);
        FloatVector wx10 = FloatVector.broadcast(FLOATS, x[x0 + p + PER_WORD + j]);
        FloatVector wx11 = FloatVector.broadcast(FLOATS, x[x1 + p + PER_WORD + j]);
        FloatVector wx12 = FloatVector.broadcast(FLOATS, x[x2 + p + PER_WORD + j]);
        FloatVector wx13 = FloatVector.broadcast(FLOATS, x[x3 + p + PER_WORD + j]);
        FloatVector wa1 = (FloatVector) qa1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        c0 = wa1.fma(wx10, c0);
        c1 = wa1.fma(wx11, c1);
        c2 = wa1.fma(wx12, c2);
        c3 = wa1.fma(wx13, c3);
        FloatVector wb1 = (FloatVector) qb1.lanewise(AND, lower).convertShape(I2F, FLOATS, 0);
        d0 = wb1.fma(wx10, d0);
        d1 = wb1.fma(wx11, d1);
        d2 = wb1.fma(wx12, d2);
        d3 = wb1.fma(wx13, d3);
        lower = lower.lanewise(LSHR, 4);
      }
      if (++turn == turns) {
        FloatVector scaleA = FloatVector.fromMemorySegment(FLOATS, scales, scale, LITTLE_ENDIAN);
        FloatVector scaleB =
            FloatVector.fromMemorySegment(FLOATS, scales, scale + NEXT, LITTLE_ENDIAN);
        accA0 = scaleA.fma(a0.add(c0), accA0);
        accB0 = scaleB.fma(b0.add(d0), accB0);
        accA1 = scaleA.fma(a1.add(c1), accA1);
        accB1 = scaleB.fma(b1.add(d1), accB1);
        accA2 = scaleA.fma(a2.add(c2), accA2);
        accB2 = scaleB.fma(b2.add(d2), accB2);
        accA3 = scaleA.fma(a3.add(c3), accA3);
        accB3 = scaleB.fma(b3.add(d3), accB3);
        FloatVector minA = FloatVector.fromMemorySegment(FLOATS, mins, scale, LITTLE_ENDIAN);
        FloatVector minB = FloatVector.fromMemorySegment(FLOATS, mins, scale + NEXT, LITTLE_ENDIAN);
        FloatVector ofX0 = FloatVector.broadcast(FLOATS, xSums[sum]);
        accA0 = minA.fma(ofX0, accA0);
        accB0 = minB.fma(ofX0, accB0);
        FloatVector ofX1 = FloatVector.broadcast(FLOATS, xSums[sum + groups]);
        accA1 = minA.fma(ofX1, accA1);
        accB1 = minB.fma(ofX1, accB1);
        FloatVector ofX2 = FloatVector.broadcast(FLOATS, xSums[sum + 2 * groups]);
        accA2 = minA.fma(ofX2, accA2);
        accB2 = minB.fma(ofX2, accB2);
        FloatVector ofX3 = FloatVector.broadcast(FLOATS, xSums[sum + 3 * groups]);
        accA3 = minA.fma(ofX3, accA3);
        accB3 = minB.fma(ofX3, accB3);
        sum++;
        scale += WORD;
        turn = 0;
        a0 = FloatVector.zero(FLOATS);
        a1 = a0;
        a2 = a0;
        a3 = a0;
        b0 = a0;
        b1 = a0;
        b2 = a0;
        b3 = a0;
        c0 = a0;
        c1 = a0;
        c2 = a0;
        c3 = a0;
        d0 = a0;
        d1 = a0;
        d2 = a0;
        d3 = a0;
      }
    }
    accA0.intoMemorySegment(out, to, LITTLE_ENDIAN);
    accB0.intoMemorySegment(out, to + NEXT, LITTLE_ENDIAN);
    accA1.intoMemorySegment(out, to + WORD, LITTLE_ENDIAN);
    accB1.intoMemorySegment(out, to + WORD + NEXT, LITTLE_ENDIAN);
    accA2.intoMemorySegment(out, to + 2 * WORD, LITTLE_ENDIAN);
    accB2.intoMemorySegment(out, to + 2 * WORD + NEXT, LITTLE_ENDIAN);
    accA3.intoMemorySegment(out, to + 3 * WORD, LITTLE_ENDIAN);
    accB3.intoMemorySegment(out, to + 3 * WORD + NEXT, LITTLE_ENDIAN);
  }
}
