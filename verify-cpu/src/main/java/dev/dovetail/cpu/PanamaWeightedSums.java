package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/** Sums of values by the weights of queries, elements of the head side by side in a vector. */
final class PanamaWeightedSums {
  private static final int TILE = AttentionKernels.TILE;

  private PanamaWeightedSums() {}

  /** See {@link AttentionKernels#weighTile}. */
  static void tile(
      float[] weights,
      int weightsOffset,
      int weightsStride,
      int count,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] sums,
      int sumsOffset) {
    int d = 0;
    if (PanamaScores.WIDE) {
      for (; d + 4 * LANES <= headDim; d += 4 * LANES) {
        tileOfFourVectors(
            weights,
            weightsOffset,
            weightsStride,
            count,
            values,
            valuesOffset + d,
            headDim,
            sums,
            sumsOffset + d);
      }
    }
    for (; d + 2 * LANES <= headDim; d += 2 * LANES) {
      tileOfTwoVectors(
          weights,
          weightsOffset,
          weightsStride,
          count,
          values,
          valuesOffset + d,
          headDim,
          sums,
          sumsOffset + d);
    }
    for (int i = 0; i < TILE && d < headDim; i++) {
      one(
          d,
          weights,
          weightsOffset + i * weightsStride,
          count,
          values,
          valuesOffset,
          headDim,
          sums,
          sumsOffset + i * headDim);
    }
  }

  /** See {@link AttentionKernels#weigh}; the elements of the head from {@code from} on. */
  static void one(
      int from,
      float[] weights,
      int weightsOffset,
      int count,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] sums,
      int sumsOffset) {
    int d = from;
    for (; d + 4 * LANES <= headDim; d += 4 * LANES) {
      fourVectors(
          weights, weightsOffset, count, values, valuesOffset + d, headDim, sums, sumsOffset + d);
    }
    for (; d + LANES <= headDim; d += LANES) {
      oneVector(
          weights, weightsOffset, count, values, valuesOffset + d, headDim, sums, sumsOffset + d);
    }
    for (; d < headDim; d++) {
      float sum = sums[sumsOffset + d];
      for (int i = 0; i < count; i++) {
        sum = Math.fma(weights[weightsOffset + i], values[valuesOffset + i * headDim + d], sum);
      }
      sums[sumsOffset + d] = sum;
    }
  }

  private static void fourVectors(
      float[] weights,
      int from,
      int count,
      float[] values,
      int value,
      int headDim,
      float[] sums,
      int to) {
    FloatVector a = FloatVector.fromArray(FLOATS, sums, to);
    FloatVector b = FloatVector.fromArray(FLOATS, sums, to + LANES);
    FloatVector c = FloatVector.fromArray(FLOATS, sums, to + 2 * LANES);
    FloatVector e = FloatVector.fromArray(FLOATS, sums, to + 3 * LANES);
    for (int i = 0; i < count; i++) {
      int at = value + i * headDim;
      FloatVector weight = FloatVector.broadcast(FLOATS, weights[from + i]);
      a = FloatVector.fromArray(FLOATS, values, at).fma(weight, a);
      b = FloatVector.fromArray(FLOATS, values, at + LANES).fma(weight, b);
      c = FloatVector.fromArray(FLOATS, values, at + 2 * LANES).fma(weight, c);
      e = FloatVector.fromArray(FLOATS, values, at + 3 * LANES).fma(weight, e);
    }
    a.intoArray(sums, to);
    b.intoArray(sums, to + LANES);
    c.intoArray(sums, to + 2 * LANES);
    e.intoArray(sums, to + 3 * LANES);
  }

  private static void oneVector(
      float[] weights,
      int from,
      int count,
      float[] values,
      int value,
      int headDim,
      float[] sums,
      int to) {
    FloatVector sum = FloatVector.fromArray(FLOATS, sums, to);
    for (int i = 0; i < count; i++) {
      FloatVector weight = FloatVector.broadcast(FLOATS, weights[from + i]);
      sum = FloatVector.fromArray(FLOATS, values, value + i * headDim).fma(weight, sum);
    }
    sum.intoArray(sums, to);
  }

  private static void tileOfTwoVectors(
      float[] weights,
      int from,
      int stride,
      int count,
      float[] values,
      int value,
      int headDim,
      float[] sums,
      int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, to);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, to + LANES);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, to + headDim);
    FloatVector b1 = FloatVector.fromArray(FLOATS, sums, to + headDim + LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim);
    FloatVector b2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim + LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim);
    FloatVector b3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim + LANES);
    for (int i = 0; i < count; i++) {
      FloatVector va = FloatVector.fromArray(FLOATS, values, value + i * headDim);
      FloatVector vb = FloatVector.fromArray(FLOATS, values, value + i * headDim + LANES);
      FloatVector w0 = FloatVector.broadcast(FLOATS, weights[from + i]);
      a0 = va.fma(w0, a0);
      b0 = vb.fma(w0, b0);
      FloatVector w1 = FloatVector.broadcast(FLOATS, weights[from + stride + i]);
      a1 = va.fma(w1, a1);
      b1 = vb.fma(w1, b1);
      FloatVector w2 = FloatVector.broadcast(FLOATS, weights[from + 2 * stride + i]);
      a2 = va.fma(w2, a2);
      b2 = vb.fma(w2, b2);
      FloatVector w3 = FloatVector.broadcast(FLOATS, weights[from + 3 * stride + i]);
      a3 = va.fma(w3, a3);
      b3 = vb.fma(w3, b3);
    }
    a0.intoArray(sums, to);
    b0.intoArray(sums, to + LANES);
    a1.intoArray(sums, to + headDim);
    b1.intoArray(sums, to + headDim + LANES);
    a2.intoArray(sums, to + 2 * headDim);
    b2.intoArray(sums, to + 2 * headDim + LANES);
    a3.intoArray(sums, to + 3 * headDim);
    b3.intoArray(sums, to + 3 * headDim + LANES);
  }

  private static void tileOfFourVectors(
      float[] weights,
      int from,
      int stride,
      int count,
      float[] values,
      int value,
      int headDim,
      float[] sums,
      int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, sums, to);
    FloatVector b0 = FloatVector.fromArray(FLOATS, sums, to + LANES);
    FloatVector c0 = FloatVector.fromArray(FLOATS, sums, to + 2 * LANES);
    FloatVector e0 = FloatVector.fromArray(FLOATS, sums, to + 3 * LANES);
    FloatVector a1 = FloatVector.fromArray(FLOATS, sums, to + headDim);
    FloatVector b1 = FloatVector.fromArray(FLOATS, sums, to + headDim + LANES);
    FloatVector c1 = FloatVector.fromArray(FLOATS, sums, to + headDim + 2 * LANES);
    FloatVector e1 = FloatVector.fromArray(FLOATS, sums, to + headDim + 3 * LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim);
    FloatVector b2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim + LANES);
    FloatVector c2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim + 2 * LANES);
    FloatVector e2 = FloatVector.fromArray(FLOATS, sums, to + 2 * headDim + 3 * LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim);
    FloatVector b3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim + LANES);
    FloatVector c3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim + 2 * LANES);
    FloatVector e3 = FloatVector.fromArray(FLOATS, sums, to + 3 * headDim + 3 * LANES);
    for (int i = 0; i < count; i++) {
      int at = value + i * headDim;
      FloatVector va = FloatVector.fromArray(FLOATS, values, at);
      FloatVector vb = FloatVector.fromArray(FLOATS, values, at + LANES);
      FloatVector vc = FloatVector.fromArray(FLOATS, values, at + 2 * LANES);
      FloatVector ve = FloatVector.fromArray(FLOATS, values, at + 3 * LANES);
      FloatVector w0 = FloatVector.broadcast(FLOATS, weights[from + i]);
      a0 = va.fma(w0, a0);
      b0 = vb.fma(w0, b0);
      c0 = vc.fma(w0, c0);
      e0 = ve.fma(w0, e0);
      FloatVector w1 = FloatVector.broadcast(FLOATS, weights[from + stride + i]);
      a1 = va.fma(w1, a1);
      b1 = vb.fma(w1, b1);
      c1 = vc.fma(w1, c1);
      e1 = ve.fma(w1, e1);
      FloatVector w2 = FloatVector.broadcast(FLOATS, weights[from + 2 * stride + i]);
      a2 = va.fma(w2, a2);
      b2 = vb.fma(w2, b2);
      c2 = vc.fma(w2, c2);
      e2 = ve.fma(w2, e2);
      FloatVector w3 = FloatVector.broadcast(FLOATS, weights[from + 3 * stride + i]);
      a3 = va.fma(w3, a3);
      b3 = vb.fma(w3, b3);
      c3 = vc.fma(w3, c3);
      e3 = ve.fma(w3, e3);
    }
    a0.intoArray(sums, to);
    b0.intoArray(sums, to + LANES);
    c0.intoArray(sums, to + 2 * LANES);
    e0.intoArray(sums, to + 3 * LANES);
    a1.intoArray(sums, to + headDim);
    b1.intoArray(sums, to + headDim + LANES);
    c1.intoArray(sums, to + headDim + 2 * LANES);
    e1.intoArray(sums, to + headDim + 3 * LANES);
    a2.intoArray(sums, to + 2 * headDim);
    b2.intoArray(sums, to + 2 * headDim + LANES);
    c2.intoArray(sums, to + 2 * headDim + 2 * LANES);
    e2.intoArray(sums, to + 2 * headDim + 3 * LANES);
    a3.intoArray(sums, to + 3 * headDim);
    b3.intoArray(sums, to + 3 * headDim + LANES);
    c3.intoArray(sums, to + 3 * headDim + 2 * LANES);
    e3.intoArray(sums, to + 3 * headDim + 3 * LANES);
  }
}
