package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link ScalarElementKernels} in vectors: whole vectors first, then the rest element by element.
 */
final class PanamaElementKernels implements ElementKernels {
  private static final VectorShuffle<Float> SWAP_NEIGHBOURS =
      VectorShuffle.fromOp(FLOATS, lane -> lane ^ 1);

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
    for (int lane = 0; lane < Lanes.COUNT; lane += LANES) {
      sumSquares(x, xOffset + lane, n - n % Lanes.COUNT, lanes, lane);
    }
    for (int i = n - n % Lanes.COUNT; i < n; i++) {
      float value = x[xOffset + i];
      lanes[i % Lanes.COUNT] = Math.fma(value, value, lanes[i % Lanes.COUNT]);
    }
    float inverse = ScalarElementKernels.inverseRoot(lanes, n, epsilon);
    int i = scaleRow(x, xOffset, inverse, weight, n, out, outOffset);
    for (; i < n; i++) {
      out[outOffset + i] = x[xOffset + i] * inverse * weight[i];
    }
  }

  /** Some neighbouring lanes of a row whose length is a multiple of {@link Lanes#COUNT}. */
  private static void sumSquares(float[] x, int from, int n, float[] lanes, int lane) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int i = 0; i < n; i += Lanes.COUNT) {
      FloatVector value = FloatVector.fromArray(FLOATS, x, from + i);
      sum = value.fma(value, sum);
    }
    sum.intoArray(lanes, lane);
  }

  private static int scaleRow(
      float[] x, int xOffset, float factor, float[] weight, int n, float[] out, int outOffset) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector.fromArray(FLOATS, x, xOffset + i)
          .mul(factors)
          .mul(FloatVector.fromArray(FLOATS, weight, i))
          .intoArray(out, outOffset + i);
    }
    return i;
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
  public void rotate(
      float[] turns, int dimensions, boolean interleaved, float[] inOut, int offset) {
    if (interleaved) {
      rotateNeighbours(turns, dimensions, inOut, offset);
    } else {
      rotateHalves(turns, dimensions, inOut, offset);
    }
  }

  private static void rotateNeighbours(float[] turns, int dimensions, float[] inOut, int offset) {
    int i = 0;
    for (; i < FLOATS.loopBound(dimensions); i += LANES) {
      FloatVector value = FloatVector.fromArray(FLOATS, inOut, offset + i);
      FloatVector partner =
          value
              .rearrange(SWAP_NEIGHBOURS)
              .mul(FloatVector.fromArray(FLOATS, turns, dimensions + i));
      value.fma(FloatVector.fromArray(FLOATS, turns, i), partner).intoArray(inOut, offset + i);
    }
    for (; i < dimensions; i += 2) {
      ScalarElementKernels.rotatePair(turns, dimensions, i, i + 1, inOut, offset);
    }
  }

  private static void rotateHalves(float[] turns, int dimensions, float[] inOut, int offset) {
    int half = dimensions / 2;
    int i = 0;
    for (; i < FLOATS.loopBound(half); i += LANES) {
      int j = i + half;
      FloatVector a = FloatVector.fromArray(FLOATS, inOut, offset + i);
      FloatVector b = FloatVector.fromArray(FLOATS, inOut, offset + j);
      FloatVector ofB = b.mul(FloatVector.fromArray(FLOATS, turns, dimensions + i));
      FloatVector ofA = a.mul(FloatVector.fromArray(FLOATS, turns, dimensions + j));
      a.fma(FloatVector.fromArray(FLOATS, turns, i), ofB).intoArray(inOut, offset + i);
      b.fma(FloatVector.fromArray(FLOATS, turns, j), ofA).intoArray(inOut, offset + j);
    }
    for (; i < half; i++) {
      ScalarElementKernels.rotatePair(turns, dimensions, i, i + half, inOut, offset);
    }
  }

  @Override
  public void siluMul(
      float[] gate, int gateOffset, float[] up, int upOffset, int n, float[] out, int outOffset) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      PanamaExp.silu(FloatVector.fromArray(FLOATS, gate, gateOffset + i))
          .mul(FloatVector.fromArray(FLOATS, up, upOffset + i))
          .intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      out[outOffset + i] = Exp.silu(gate[gateOffset + i]) * up[upOffset + i];
    }
  }

  @Override
  public void silu(int n, float[] inOut, int offset) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      PanamaExp.silu(FloatVector.fromArray(FLOATS, inOut, offset + i)).intoArray(inOut, offset + i);
    }
    for (; i < n; i++) {
      inOut[offset + i] = Exp.silu(inOut[offset + i]);
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
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      FloatVector s = PanamaExp.sigmoid(FloatVector.fromArray(FLOATS, z, zOffset + i));
      FloatVector rest = one.sub(s).mul(FloatVector.fromArray(FLOATS, h2, h2Offset + i));
      s.fma(FloatVector.fromArray(FLOATS, h1, h1Offset + i), rest).intoArray(out, outOffset + i);
    }
    for (; i < n; i++) {
      float s = Exp.sigmoid(z[zOffset + i]);
      out[outOffset + i] = Math.fma(s, h1[h1Offset + i], (1f - s) * h2[h2Offset + i]);
    }
  }
}
