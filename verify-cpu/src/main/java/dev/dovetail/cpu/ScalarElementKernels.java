package dev.dovetail.cpu;

import java.util.Arrays;

/**
 * The operations as plain loops: their definition, and the fallback where there is no Vector API.
 */
final class ScalarElementKernels implements ElementKernels {
  @Override
  public void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float epsilon,
      int n,
      float[] out,
      int outOffset,
      float[] lanes) {
    Arrays.fill(lanes, 0f);
    for (int i = 0; i < n; i++) {
      float value = x[xOffset + i];
      lanes[i % Lanes.COUNT] = Math.fma(value, value, lanes[i % Lanes.COUNT]);
    }
    float inverse = inverseRoot(lanes, n, epsilon);
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * inverse * weight[i];
    }
  }

  /**
   * 1 / sqrt(mean + epsilon) from lanes of squares. A root of a float taken in double rounds
   * correctly.
   */
  static float inverseRoot(float[] lanes, int n, float epsilon) {
    return 1f / (float) Math.sqrt(Lanes.combine(lanes) / n + epsilon);
  }

  @Override
  public void add(float[] x, int xOffset, int n, float[] inOut, int inOutOffset) {
    for (int i = 0; i < n; i++) {
      inOut[inOutOffset + i] += x[xOffset + i];
    }
  }

  @Override
  public void rotate(
      float[] turns, int dimensions, boolean interleaved, float[] inOut, int offset) {
    int pairs = dimensions / 2;
    for (int pair = 0; pair < pairs; pair++) {
      int first = interleaved ? 2 * pair : pair;
      int second = interleaved ? first + 1 : pair + pairs;
      rotatePair(turns, dimensions, first, second, inOut, offset);
    }
  }

  static void rotatePair(
      float[] turns, int dimensions, int first, int second, float[] inOut, int offset) {
    float a = inOut[offset + first];
    float b = inOut[offset + second];
    inOut[offset + first] = Math.fma(a, turns[first], b * turns[dimensions + first]);
    inOut[offset + second] = Math.fma(b, turns[second], a * turns[dimensions + second]);
  }

  @Override
  public void siluMul(
      float[] gate, int gateOffset, float[] up, int upOffset, int n, float[] out, int outOffset) {
    for (int i = 0; i < n; i++) {
      out[outOffset + i] = Exp.silu(gate[gateOffset + i]) * up[upOffset + i];
    }
  }

  @Override
  public void silu(int n, float[] inOut, int offset) {
    for (int i = offset; i < offset + n; i++) {
      inOut[i] = Exp.silu(inOut[i]);
    }
  }

  @Override
  public void gate(
      float[] z,
      int zOffset,
      float[] h1,
      int h1Offset,
      float[] h2,
      int h2Offset,
      int n,
      float[] out,
      int outOffset) {
    for (int i = 0; i < n; i++) {
      float s = Exp.sigmoid(z[zOffset + i]);
      out[outOffset + i] = Math.fma(s, h1[h1Offset + i], (1f - s) * h2[h2Offset + i]);
    }
  }
}
