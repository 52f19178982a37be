package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * Sums over the k of a tile for two vectors of rows and a few tokens at a time. A method sums {@code groups} runs of
 * {@code groupSize} columns, each from what stands in {@code start}; results go to {@code sums [groups][4][32]}.
 */
final class PanamaDot {
  private static final int ROWS = MatmulKernels.PAIR_ROWS;

  /** Floats between the sums of two groups. */
  static final int GROUP_STEP = 4 * ROWS;

  private PanamaDot() {}

  static void four(
      float[] tile,
      int a,
      int b,
      int groups,
      int groupSize,
      float[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] start,
      int startAt,
      float[] sums,
      int to) {
    int k = 0;
    for (int group = 0; group < groups; group++) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt + a);
      FloatVector a1 = FloatVector.fromArray(FLOATS, start, startAt + ROWS + a);
      FloatVector a2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * ROWS + a);
      FloatVector a3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * ROWS + a);
      FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + b);
      FloatVector b1 = FloatVector.fromArray(FLOATS, start, startAt + ROWS + b);
      FloatVector b2 = FloatVector.fromArray(FLOATS, start, startAt + 2 * ROWS + b);
      FloatVector b3 = FloatVector.fromArray(FLOATS, start, startAt + 3 * ROWS + b);
      for (int end = k + groupSize; k < end; k++) {
        FloatVector wa = FloatVector.fromArray(FLOATS, tile, k * ROWS + a);
        FloatVector wb = FloatVector.fromArray(FLOATS, tile, k * ROWS + b);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
        a0 = wa.fma(v0, a0);
        b0 = wb.fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
        a1 = wa.fma(v1, a1);
        b1 = wb.fma(v1, b1);
        FloatVector v2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
        a2 = wa.fma(v2, a2);
        b2 = wb.fma(v2, b2);
        FloatVector v3 = FloatVector.broadcast(FLOATS, x[x3 + k]);
        a3 = wa.fma(v3, a3);
        b3 = wb.fma(v3, b3);
      }
      int out = to + group * GROUP_STEP;
      a0.intoArray(sums, out + a);
      a1.intoArray(sums, out + ROWS + a);
      a2.intoArray(sums, out + 2 * ROWS + a);
      a3.intoArray(sums, out + 3 * ROWS + a);
      b0.intoArray(sums, out + b);
      b1.intoArray(sums, out + ROWS + b);
      b2.intoArray(sums, out + 2 * ROWS + b);
      b3.intoArray(sums, out + 3 * ROWS + b);
    }
  }

  static void two(
      float[] tile,
      int a,
      int b,
      int groups,
      int groupSize,
      float[] x,
      int x0,
      int x1,
      float[] start,
      int startAt,
      float[] sums,
      int to) {
    int k = 0;
    for (int group = 0; group < groups; group++) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt + a);
      FloatVector a1 = FloatVector.fromArray(FLOATS, start, startAt + ROWS + a);
      FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + b);
      FloatVector b1 = FloatVector.fromArray(FLOATS, start, startAt + ROWS + b);
      for (int end = k + groupSize; k < end; k++) {
        FloatVector wa = FloatVector.fromArray(FLOATS, tile, k * ROWS + a);
        FloatVector wb = FloatVector.fromArray(FLOATS, tile, k * ROWS + b);
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
        a0 = wa.fma(v0, a0);
        b0 = wb.fma(v0, b0);
        FloatVector v1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
        a1 = wa.fma(v1, a1);
        b1 = wb.fma(v1, b1);
      }
      int out = to + group * GROUP_STEP;
      a0.intoArray(sums, out + a);
      a1.intoArray(sums, out + ROWS + a);
      b0.intoArray(sums, out + b);
      b1.intoArray(sums, out + ROWS + b);
    }
  }

  static void one(
      float[] tile,
      int a,
      int b,
      int groups,
      int groupSize,
      float[] x,
      int x0,
      float[] start,
      int startAt,
      float[] sums,
      int to) {
    int k = 0;
    for (int group = 0; group < groups; group++) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, start, startAt + a);
      FloatVector b0 = FloatVector.fromArray(FLOATS, start, startAt + b);
      for (int end = k + groupSize; k < end; k++) {
        FloatVector v0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
        a0 = FloatVector.fromArray(FLOATS, tile, k * ROWS + a).fma(v0, a0);
        b0 = FloatVector.fromArray(FLOATS, tile, k * ROWS + b).fma(v0, b0);
      }
      int out = to + group * GROUP_STEP;
      a0.intoArray(sums, out + a);
      b0.intoArray(sums, out + b);
    }
  }

  /** {@code acc = fma(scale, sum, acc)} for each group in order. */
  static void scale(float[] sums, int tokens, int groups, float[] scales, float[] acc, int at) {
    for (int i = 0; i < tokens * ROWS; i += LANES) {
      FloatVector total = FloatVector.fromArray(FLOATS, acc, at + i);
      for (int group = 0; group < groups; group++) {
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, group * ROWS + i % ROWS);
        total = scale.fma(FloatVector.fromArray(FLOATS, sums, group * GROUP_STEP + i), total);
      }
      total.intoArray(acc, at + i);
    }
  }

  /**
   * {@code acc = fma(min, sum of activations, fma(scale, sum, acc))} for each group in order.
   *
   * @param xSums the sums of the activations, {@code [tokens][xStep]} from {@code xAt} on
   */
  static void scaleMin(
      float[] sums,
      int tokens,
      int groups,
      float[] scales,
      float[] mins,
      float[] xSums,
      int xAt,
      int xStep,
      float[] acc,
      int at) {
    for (int i = 0; i < tokens * ROWS; i += LANES) {
      FloatVector total = FloatVector.fromArray(FLOATS, acc, at + i);
      int x = xAt + i / ROWS * xStep;
      for (int group = 0; group < groups; group++) {
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, group * ROWS + i % ROWS);
        FloatVector min = FloatVector.fromArray(FLOATS, mins, group * ROWS + i % ROWS);
        total = scale.fma(FloatVector.fromArray(FLOATS, sums, group * GROUP_STEP + i), total);
        total = min.fma(FloatVector.broadcast(FLOATS, xSums[x + group]), total);
      }
      total.intoArray(acc, at + i);
    }
  }
}
