package dev.dovetail.cpu;

import java.util.Arrays;

/**
 * What the queries of a group found in single blocks of positions, each block in a place of its
 * own, and all of it together. A block's weights are relative to its own largest score; two blocks
 * come together as the softmaxes they are, each scaled by e to the power of its maximum less the
 * larger one.
 *
 * <p>Workers may fill different places at once; {@link #merge} is for one thread.
 */
final class BlockAnswers {
  private final AttentionKernels kernels;
  private int rows;
  private int headDim;

  // Of single blocks.
  private float[] sums = {}; // [places][rows][headDim]
  private float[] maxima = {}; // [places][rows]
  private float[] divisors = {}; // [places][rows]

  // Of all blocks so far.
  private float[] sum = {}; // [rows][headDim]
  private float[] maximum = {}; // [rows]
  private float[] divisor = {}; // [rows]

  BlockAnswers(AttentionKernels kernels) {
    this.kernels = kernels;
  }

  /** Makes room for so many queries' answers in so many blocks. */
  void open(int places, int rows, int headDim) {
    this.rows = rows;
    this.headDim = headDim;
    sums = AttentionScratch.grown(sums, Math.multiplyExact(places, rows * headDim));
    maxima = AttentionScratch.grown(maxima, places * rows);
    divisors = AttentionScratch.grown(divisors, places * rows);
    sum = AttentionScratch.grown(sum, rows * headDim);
    maximum = AttentionScratch.grown(maximum, rows);
    divisor = AttentionScratch.grown(divisor, rows);
  }

  /** The largest score of a query in a block, and the sum of its weights there. */
  void weights(int place, int query, float max, float divisor) {
    maxima[place * rows + query] = max;
    divisors[place * rows + query] = divisor;
  }

  /** The weighted sums of all blocks; those of a query begin at {@link #at}. */
  float[] sums() {
    return sums;
  }

  int at(int place, int query) {
    return (place * rows + query) * headDim;
  }

  /** Sets the weighted sums of a block to zero. */
  void clear(int place) {
    Arrays.fill(sums, at(place, 0), at(place + 1, 0), 0f);
  }

  /**
   * Adds what a query found in a block; blocks are added in order.
   *
   * @param first whether nothing was added before
   */
  void merge(int place, int query, boolean first) {
    int from = at(place, query);
    int to = query * headDim;
    float blocksMaximum = maxima[place * rows + query];
    float blocksDivisor = divisors[place * rows + query];
    if (first) {
      System.arraycopy(sums, from, sum, to, headDim);
      maximum[query] = blocksMaximum;
      divisor[query] = blocksDivisor;
      return;
    }
    float max = Math.max(maximum[query], blocksMaximum);
    float factor = Exp.exp(maximum[query] - max);
    float blocksFactor = Exp.exp(blocksMaximum - max);
    kernels.merge(sums, from, blocksFactor, headDim, sum, to, factor);
    divisor[query] = Math.fma(blocksDivisor, blocksFactor, divisor[query] * factor);
    maximum[query] = max;
  }

  /** Writes the answer of a query. */
  void finish(int query, float[] out, int to) {
    kernels.divide(sum, query * headDim, divisor[query], headDim, out, to);
  }
}
