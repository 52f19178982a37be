package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/** {@link ScalarAttentionKernels} in vectors. */
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
    PanamaScores.tile(
        q, qOffset, headDim, keys, keysOffset, panels, scores, scoresOffset, scoresStride);
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
    PanamaScores.one(q, qOffset, headDim, keys, keysOffset, panels, scores, scoresOffset);
  }

  @Override
  public float softmax(float[] scores, int offset, int n, float scale, float[] lanes) {
    float max = max(scores, offset, n, scale, lanes);
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

  /**
   * The new vector's method takes the old maxima, not the other way: of what comes from memory the
   * JIT knows the class, of a broadcast it does not, and would call the method instead of inlining
   * it.
   */
  private static float max(float[] scores, int offset, int n, float scale, float[] lanes) {
    FloatVector scales = FloatVector.broadcast(FLOATS, scale);
    FloatVector maxima = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      maxima = FloatVector.fromArray(FLOATS, scores, offset + i).mul(scales).max(maxima);
    }
    maxima.intoArray(lanes, 0);
    float max = lanes[0];
    for (int lane = 1; lane < LANES; lane++) {
      max = Math.max(max, lanes[lane]);
    }
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
    PanamaWeightedSums.tile(
        weights,
        weightsOffset,
        weightsStride,
        count,
        values,
        valuesOffset,
        headDim,
        sums,
        sumsOffset);
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
    PanamaWeightedSums.one(
        0, weights, weightsOffset, count, values, valuesOffset, headDim, sums, sumsOffset);
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
      FloatVector.fromArray(FLOATS, x, xOffset + i).div(divisors).intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] / divisor;
    }
  }
}
