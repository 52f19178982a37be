package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/** Scores of queries against panels of keys, positions side by side in a vector. */
final class PanamaScores {
  private static final int PANEL = AttentionKernels.PANEL;
  private static final int TILE = AttentionKernels.TILE;

  /** Vectors of 512 bits come with 32 registers: room for sixteen sums, which run faster. */
  static final boolean WIDE = LANES == 16;

  private PanamaScores() {}

  /** See {@link AttentionKernels#scoreTile}. */
  static void tile(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int keysOffset,
      int panels,
      float[] scores,
      int scoresOffset,
      int scoresStride) {
    // At least two vectors of positions at a time: eight sums in flight hide the latency of FMA.
    int positions = panels * PANEL;
    int position = 0;
    if (WIDE) {
      for (; position + 4 * LANES <= positions; position += 4 * LANES) {
        tileOfFourVectors(
            q,
            qOffset,
            headDim,
            keys,
            key(keysOffset, headDim, position),
            scores,
            scoresOffset + position,
            scoresStride);
      }
    }
    for (; position + 2 * LANES <= positions; position += 2 * LANES) {
      tileOfTwoVectors(
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
        oneVector(
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

  /** See {@link AttentionKernels#score}. */
  static void one(
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
      fourVectors(
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
      oneVector(
          q,
          qOffset,
          headDim,
          keys,
          key(keysOffset, headDim, position),
          scores,
          scoresOffset + position);
    }
  }

  private static int key(int keysOffset, int headDim, int position) {
    return keysOffset + position / PANEL * PANEL * headDim + position % PANEL;
  }

  private static void tileOfTwoVectors(
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

  private static void tileOfFourVectors(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int key,
      float[] scores,
      int to,
      int stride) {
    int panel = headDim * PANEL;
    FloatVector a0 = FloatVector.zero(FLOATS);
    FloatVector b0 = a0;
    FloatVector c0 = a0;
    FloatVector e0 = a0;
    FloatVector a1 = a0;
    FloatVector b1 = a0;
    FloatVector c1 = a0;
    FloatVector e1 = a0;
    FloatVector a2 = a0;
    FloatVector b2 = a0;
    FloatVector c2 = a0;
    FloatVector e2 = a0;
    FloatVector a3 = a0;
    FloatVector b3 = a0;
    FloatVector c3 = a0;
    FloatVector e3 = a0;
    for (int d = 0; d < headDim; d++) {
      int at = key + d * PANEL;
      FloatVector ka = FloatVector.fromArray(FLOATS, keys, at);
      FloatVector kb = FloatVector.fromArray(FLOATS, keys, at + panel);
      FloatVector kc = FloatVector.fromArray(FLOATS, keys, at + 2 * panel);
      FloatVector ke = FloatVector.fromArray(FLOATS, keys, at + 3 * panel);
      FloatVector q0 = FloatVector.broadcast(FLOATS, q[qOffset + d]);
      a0 = ka.fma(q0, a0);
      b0 = kb.fma(q0, b0);
      c0 = kc.fma(q0, c0);
      e0 = ke.fma(q0, e0);
      FloatVector q1 = FloatVector.broadcast(FLOATS, q[qOffset + headDim + d]);
      a1 = ka.fma(q1, a1);
      b1 = kb.fma(q1, b1);
      c1 = kc.fma(q1, c1);
      e1 = ke.fma(q1, e1);
      FloatVector q2 = FloatVector.broadcast(FLOATS, q[qOffset + 2 * headDim + d]);
      a2 = ka.fma(q2, a2);
      b2 = kb.fma(q2, b2);
      c2 = kc.fma(q2, c2);
      e2 = ke.fma(q2, e2);
      FloatVector q3 = FloatVector.broadcast(FLOATS, q[qOffset + 3 * headDim + d]);
      a3 = ka.fma(q3, a3);
      b3 = kb.fma(q3, b3);
      c3 = kc.fma(q3, c3);
      e3 = ke.fma(q3, e3);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + LANES);
    c0.intoArray(scores, to + 2 * LANES);
    e0.intoArray(scores, to + 3 * LANES);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + LANES);
    c1.intoArray(scores, to + stride + 2 * LANES);
    e1.intoArray(scores, to + stride + 3 * LANES);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + LANES);
    c2.intoArray(scores, to + 2 * stride + 2 * LANES);
    e2.intoArray(scores, to + 2 * stride + 3 * LANES);
    a3.intoArray(scores, to + 3 * stride);
    b3.intoArray(scores, to + 3 * stride + LANES);
    c3.intoArray(scores, to + 3 * stride + 2 * LANES);
    e3.intoArray(scores, to + 3 * stride + 3 * LANES);
  }

  private static void oneVector(
      float[] q, int qOffset, int headDim, float[] keys, int key, float[] scores, int to) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int d = 0; d < headDim; d++) {
      sum =
          FloatVector.fromArray(FLOATS, keys, key + d * PANEL)
              .fma(FloatVector.broadcast(FLOATS, q[qOffset + d]), sum);
    }
    sum.intoArray(scores, to);
  }

  private static void fourVectors(
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
}
