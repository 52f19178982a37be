package dev.dovetail.cpu;

/**
 * The inner loops of attention, for one query or a tile of {@link #TILE} queries that share the
 * keys and values they read. All implementations give the same bits. Stateless; safe for use by
 * several threads.
 *
 * <p>Keys lie in panels {@code [headDim][PANEL]} of consecutive positions, so that each score is
 * summed over the head in order, whatever the vector width; values lie in rows {@code [headDim]}.
 */
interface AttentionKernels {
  /** Positions in a panel of keys. */
  int PANEL = 16;

  /** Queries in a tile. */
  int TILE = 4;

  /**
   * {@code scores[query][position] = query . key}, for whole panels.
   *
   * @param q {@code [TILE][headDim]}
   * @param keys {@code [panels][headDim][PANEL]}
   * @param scores {@code [TILE][panels * PANEL]}, a query's scores {@code scoresStride} after the
   *     last one's
   */
  void scoreTile(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int keysOffset,
      int panels,
      float[] scores,
      int scoresOffset,
      int scoresStride);

  /** The same for one query. */
  void score(
      float[] q,
      int qOffset,
      int headDim,
      float[] keys,
      int keysOffset,
      int panels,
      float[] scores,
      int scoresOffset);

  /**
   * The largest score times {@code scale}.
   *
   * @param n at least 1
   * @param lanes scratch, {@code [Lanes.COUNT]}
   */
  float max(float[] scores, int offset, int n, float scale, float[] lanes);

  /**
   * Turns scores into weights, {@code exp(score * scale - max)}, and returns their sum: position i
   * in lane i mod 16.
   *
   * @param n at least 1. The place behind the scores, up to a multiple of {@link Lanes#COUNT}, may
   *     be overwritten
   * @param lanes scratch, {@code [Lanes.COUNT]}
   */
  float exponentiate(float[] scores, int offset, int n, float scale, float max, float[] lanes);

  /**
   * {@code sums[query] += weights[query][position] * values[position]}, positions in order.
   *
   * @param weights {@code [TILE][count]}, a query's {@code weightsStride} after the last one's
   * @param values {@code [count][headDim]}
   * @param sums {@code [TILE][headDim]}
   */
  void weighTile(
      float[] weights,
      int weightsOffset,
      int weightsStride,
      int count,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] sums,
      int sumsOffset);

  /** The same for one query. */
  void weigh(
      float[] weights,
      int weightsOffset,
      int count,
      float[] values,
      int valuesOffset,
      int headDim,
      float[] sums,
      int sumsOffset);

  /** {@code inOut = x * xFactor + inOut * factor} for n elements, the sum and product fused. */
  void merge(
      float[] x, int xOffset, float xFactor, int n, float[] inOut, int inOutOffset, float factor);

  /** {@code out = x / divisor} for n elements. */
  void divide(float[] x, int xOffset, float divisor, int n, float[] out, int outOffset);

  /** Turns n numbers of f16 into the equal ones of f32. */
  void widen(short[] halves, int from, int n, float[] out, int to);
}
