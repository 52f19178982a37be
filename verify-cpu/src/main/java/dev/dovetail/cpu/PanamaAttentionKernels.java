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

  /**
   * The new vector's method takes the old maxima, not the other way: of what comes from memory the
   * JIT knows the class, of a broadcast it does not, and would call the method instead of inlining
   * it.
   */
  @Override
  public float max(float[] scores, int offset, int n, float scale, float[] lanes) {
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

  /**
   * Behind the scores stand minus infinities for a moment, whose weights of zero change no sum, so
   * that all lanes go round together.
   */
  @Override
  public float exponentiate(
      float[] scores, int offset, int n, float scale, float max, float[] lanes) {
    int rounds = (n + Lanes.COUNT - 1) / Lanes.COUNT;
    int end = offset + rounds * Lanes.COUNT;
    for (int i = offset + n; i < end; i++) {
      scores[i] = Float.NEGATIVE_INFINITY;
    }
    for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
      exponentiate(scores, offset + lane, end, scale, max, lanes, lane);
    }
    return Lanes.combine(lanes);
  }

  private static void exponentiate(
      float[] scores, int from, int end, float scale, float max, float[] lanes, int lane) {
    FloatVector scales = FloatVector.broadcast(FLOATS, scale);
    FloatVector maxima = FloatVector.broadcast(FLOATS, max);
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = from; i < end; i += Lanes.COUNT) {
      PanamaExp.exp(FloatVector.fromArray(FLOATS, scores, i).mul(scales).sub(maxima))
          .intoArray(scores, i);
      sum = FloatVector.fromArray(FLOATS, scores, i).add(sum);
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
  public void merge(
      float[] x, int xOffset, float xFactor, int n, float[] inOut, int inOutOffset, float factor) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    FloatVector xFactors = FloatVector.broadcast(FLOATS, xFactor);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector old = FloatVector.fromArray(FLOATS, inOut, inOutOffset + i).mul(factors);
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .fma(xFactors, old)
          .intoArray(inOut, inOutOffset + i);
    }
    for (; i < n; i++) {
      float old = inOut[inOutOffset + i] * factor;
      inOut[inOutOffset + i] = Math.fma(x[xOffset + i], xFactor, old);
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

  @Override
  public void widen(short[] halves, int from, int n, float[] out, int to) {
    for (int i = 0; i < n; i++) {
      out[to + i] = Float.float16ToFloat(halves[from + i]);
    }
  }
}
