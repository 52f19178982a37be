package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link ScalarAttentionKernels} in vectors of positions (scores) and of values. */
final class PanamaAttentionKernels implements AttentionKernels {
  @Override
  public void scoreTile(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int keysOffset,
      int panels,
      float[] scores,
      int scoresOffset,
      int scoresStride) {
    // Two vectors of positions at a time: eight sums in flight hide the latency of FMA.
    int positions = panels * PANEL;
    int position = 0;
    for (; position + 2 * LANES <= positions; position += 2 * LANES) {
      scoreTwo(
          q,
          qOffset,
          headDim,
          keys,
          key(keysOffset, headDim, position),
          key(keysOffset, headDim, position + LANES),
          scores,
          scoresOffset + position,
          scoresStride);
    }
    for (; position < positions; position += LANES) {
      for (int i = 0; i < TILE; i++) {
        scoreOne(
            q,
            qOffset + i * headDim,
            headDim,
            keys,
            key(keysOffset, headDim, position),
            scores,
            scoresOffset + i * scoresStride + position);
      }
    }
  }

  private static int key(int keysOffset, int headDim, int position) {
    return keysOffset + position / PANEL * PANEL * headDim + position % PANEL;
  }

  private static void scoreTwo(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int a,
      int b,
      float[] scores,
      int to,
      int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int d = 0; d < headDim; d++) {
      FloatVector ka = FloatVector.fromArray(FLOATS, keys, a + d * PANEL);
      FloatVector kb = FloatVector.fromArray(FLOATS, keys, b + d * PANEL);
      FloatVector q0 = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      a0 = ka.fma(q0, a0);
      b0 = kb.fma(q0, b0);
      FloatVector q1 = FloatVector.broadcast(FLOATS, q[qOffset + headDim + d]);
      a1 = ka.fma(q1, a1);
      b1 = kb.fma(q1, b1);
      FloatVector q2 = FloatVector.broadcast(FLOATS, q[qOffset + 2 * headDim + d]);
      a2 = ka.fma(q2, a2);
      b2 = kb.fma(q2, b2);
      FloatVector q3 = FloatVector.broadcast(FLOATS, q[qOffset + 3 * headDim + d]);
      a3 = ka.fma(q3, a3);
      b3 = kb.fma(q3, b3);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + LANES);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + LANES);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + LANES);
    a3.intoArray(scores, to + 3 * stride);
    b3.intoArray(scores, to + 3 * stride + LANES);
  }

  private static void scoreOne(
      float[] q, int qOffset, int headDim, float[] keys, int key, float[] scores, int to) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int d = 0; d < headDim; d++) {
      sum =
          FloatVector.fromArray(FLOATS, keys, key + d * PANEL)
              .fma(FloatVector.broadcast(FLOATS, q[qOffset + d]), sum);
    }
    sum.intoArray(scores, to);
  }

  @Override
  public void score(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int keysOffset,
      int panels,
      float[] scores,
      int scoresOffset) {
    int positions = panels * PANEL;
    int position = 0;
    for (; position + 4 * LANES <= positions; position += 4 * LANES) {
      scoreFour(
          q,
          qOffset,
          headDim,
          keys,
          key(keysOffset, headDim, position),
          key(keysOffset, headDim, position + LANES),
          key(keysOffset, headDim, position + 2 * LANES),
          key(keysOffset, headDim, position + 3 * LANES),
          scores,
          scoresOffset + position);
    }
    for (; position < positions; position += LANES) {
      scoreOne(
          q,
          qOffset,
          headDim,
          keys,
          key(keysOffset, headDim, position),
          scores,
          scoresOffset + position);
    }
  }

  private static void scoreFour(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int a,
      int b,
      int c,
      int e,
      float[] scores,
      int to) {
    FloatVector sa = FloatVector.zero(FLOATS);
    FloatVector sb = sa;
    FloatVector sc = sa;
    FloatVector se = sa;
    for (int d = 0; d < headDim; d++) {
      FloatVector qd = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      sa = FloatVector.fromArray(FLOATS, keys, a + d * PANEL).fma(qd, sa);
      sb = FloatVector.fromArray(FLOATS, keys, b + d * PANEL).fma(qd, sb);
      sc = FloatVector.fromArray(FLOATS, keys, c + d * PANEL).fma(qd, sc);
      se = FloatVector.fromArray(FLOATS, keys, e + d * PANEL).fma(qd, se);
    }
    sa.intoArray(scores, to);
    sb.intoArray(scores, to + LANES);
    sc.intoArray(scores, to + 2 * LANES);
    se.intoArray(scores, to + 3 * LANES);
  }

  @Override
  public float softmax(float[] scores, int offset, int n, float scale, float[] lanes) {
    float max = max(scores, offset, n, scale);
    exponentiate(scores, offset, n, scale, max);
    int whole = n - n % Lanes.COUNT;
    for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
      sum(scores, offset + lane, whole, lanes, lane);
    }
    for (int i = whole; i < n; i++) {
      lanes[i % Lanes.COUNT] += scores[offset + i];
    }
    return Lanes.combine(lanes);
  }

  private static float max(float[] scores, int offset, int n, float scale) {
    FloatVector scales = FloatVector.broadcast(FLOATS, scale);
    FloatVector maxima = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      maxima = maxima.max(FloatVector.fromArray(FLOATS, scores, offset + i).mul(scales));
    }
    float max = maxima.reduceLanes(VectorOperators.MAX); // exact in any order
    for (; i < n; i++) {
      max = Math.max(max, scores[offset + i] * scale);
    }
    return max;
  }

  /** The last vector may reach beyond n, into the place that {@link #softmax} may overwrite. */
  private static void exponentiate(float[] scores, int offset, int n, float scale, float max) {
    FloatVector scales = FloatVector.broadcast(FLOATS, scale);
    FloatVector maxima = FloatVector.broadcast(FLOATS, max);
    for (int i = offset; i < offset + n; i += LANES) {
      PanamaExp.exp(FloatVector.fromArray(FLOATS, scores, i).mul(scales).sub(maxima))
          .intoArray(scores, i);
    }
  }

  private static void sum(float[] weights, int from, int n, float[] lanes, int lane) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < n; i += Lanes.COUNT) {
      sum = sum.add(FloatVector.fromArray(FLOATS, weights, from + i));
    }
    sum.intoArray(lanes, lane);
  }

  @Override
  public void weighTile(
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
    for (; d + 2 * LANES <= headDim; d += 2 * LANES) {
      weighTwo(
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
      weighFrom(
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

  private static void weighTwo(
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

  @Override
  public void weigh(
      float[] weights,
      int weightsOffset,
      int count,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] sums,
      int sumsOffset) {
    weighFrom(
        0, weights, weightsOffset, count, values, valuesOffset, headDim, sums, sumsOffset);
  }

  /** One query, from element {@code from} of the head on. */
  private static void weighFrom(
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
      weighFour(
          weights, weightsOffset, count, values, valuesOffset + d, headDim, sums, sumsOffset + d);
    }
    for (; d + LANES <= headDim; d += LANES) {
      weighOne(
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

  private static void weighFour(
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

  private static void weighOne(
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

  @Override
  public void add(float[] x, int xOffset, int n, float[] inOut, int inOutOffset) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector.fromArray(FLOATS, inOut, inOutOffset + i)
          .add(FloatVector.fromArray(FLOATS, x, xOffset + i))
          .intoArray(inOut, inOutOffset + i);
    }
    for (; i < n; i++) {
      inOut[inOutOffset + i] += x[xOffset + i];
    }
  }

  @Override
  public void divide(float[] x, int xOffset, float divisor, int n, float[] out, int outOffset) {
    FloatVector divisors = FloatVector.broadcast(FLOATS, divisor);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .div(divisors)
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] / divisor;
    }
  }
}
