package dev.dovetail.engine.device;

import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;
import java.util.Objects;

/**
 * The best tokens of some rows of logits, on the host: what {@link Device#rank} writes. Grows to
 * what is asked of it, and is used again and again; for one thread.
 */
public final class Candidates {
  private int rows;
  private int width;
  private int[] counts = new int[0];
  private int[] tokens = new int[0];
  private float[] logProbabilities = new float[0];
  private int[] rowTokens = new int[0];
  private float[] rowLogProbabilities = new float[0];

  /** Makes room for {@code rows} rows of up to {@code width} candidates, and empties them. */
  public void begin(int rows, int width) {
    this.rows = rows;
    this.width = width;
    if (counts.length < rows) {
      counts = new int[rows];
    }
    if (tokens.length < rows * width) {
      tokens = new int[rows * width];
      logProbabilities = new float[rows * width];
    }
    if (rowTokens.length < width) {
      rowTokens = new int[width];
      rowLogProbabilities = new float[width];
    }
    Arrays.fill(counts, 0, rows, 0);
  }

  /** Adds the next best candidate of a row. */
  public void add(int row, int token, float logProbability) {
    int at = row * width + Objects.checkIndex(counts[Objects.checkIndex(row, rows)], width);
    tokens[at] = token;
    logProbabilities[at] = logProbability;
    counts[row]++;
  }

  void rank(
      int row,
      Sampler sampler,
      float[] logits,
      int offset,
      int count,
      int[] ids,
      int[] context,
      int length) {
    int found =
        sampler.rank(
            logits, offset, count, ids, context, length, width, rowTokens, rowLogProbabilities);
    for (int i = 0; i < found; i++) {
      add(row, rowTokens[i], rowLogProbabilities[i]);
    }
  }

  /** How many candidates a row has: the width, or fewer where there are no more. */
  public int count(int row) {
    return counts[Objects.checkIndex(row, rows)];
  }

  /** A row's i-th best token. */
  public int token(int row, int i) {
    return tokens[at(row, i)];
  }

  /** The logarithm of that token's probability. */
  public float logProbability(int row, int i) {
    return logProbabilities[at(row, i)];
  }

  private int at(int row, int i) {
    return row * width + Objects.checkIndex(i, count(row));
  }
}
