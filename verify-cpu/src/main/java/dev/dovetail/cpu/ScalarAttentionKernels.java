package dev.dovetail.cpu;

import java.util.Arrays;

/**
 * The loops of attention written plainly: their definition, and the fallback where there is no
 * Vector API.
 */
final class ScalarAttentionKernels implements AttentionKernels {
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
    for (int i = 0; i < TILE; i++) {
      score(
          q,
          qOffset + i * headDim,
          headDim,
          keys,
          keysOffset,
          panels,
          scores,
          scoresOffset + i * scoresStride);
    }
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
    for (int position = 0; position < panels * PANEL; position++) {
      int key = keysOffset + position / PANEL * PANEL * headDim + position % PANEL;
      float sum = 0f;
      for (int d = 0; d < headDim; d++) {
        sum = Math.fma(q[qOffset + d], keys[key + d * PANEL], sum);
      }
      scores[scoresOffset + position] = sum;
    }
  }

  @Override
  public float max(float[] scores, int offset, int n, float scale, float[] lanes) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + n; i++) {
      max = Math.max(max, scores[i] * scale);
    }
    return max;
  }

  @Override
  public float exponentiate(
      float[] scores, int offset, int n, float scale, float max, float[] lanes) {
    Arrays.fill(lanes, 0f);
    for (int i = 0; i < n; i++) {
      float weight = Exp.exp(scores[offset + i] * scale - max);
      scores[offset + i] = weight;
      lanes[i % Lanes.COUNT] += weight;
    }
    return Lanes.combine(lanes);
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
    for (int i = 0; i < TILE; i++) {
      weigh(
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
    for (int d = 0; d < headDim; d++) {
      float sum = sums[sumsOffset + d];
      for (int i = 0; i < count; i++) {
        sum = Math.fma(weights[weightsOffset + i], values[valuesOffset + i * headDim + d], sum);
      }
      sums[sumsOffset + d] = sum;
    }
  }

  @Override
  public void merge(
      float[] x, int xOffset, float xFactor, int n, float[] inOut, int inOutOffset, float factor) {
    for (int i = 0; i < n; i++) {
      float old = inOut[inOutOffset + i] * factor;
      inOut[inOutOffset + i] = Math.fma(x[xOffset + i], xFactor, old);
    }
  }

  @Override
  public void divide(float[] x, int xOffset, float divisor, int n, float[] out, int outOffset) {
    for (int i = 0; i < n; i++) {
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
