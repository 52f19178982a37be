package dev.dovetail.engine.round;

import java.util.Arrays;

/**
 * What crosses between target and draft in a round: features as f16 and token ids one way, the tree
 * the other. Features are rounded for every draft, so that one on another device sees exactly what
 * one in the same memory does; the bytes that both directions take are counted, and so is the time
 * of rounding and copying. Buffers are reused. For one thread.
 */
public final class FeatureChannel {
  private static final float F16_MAX = 65504;

  private final int window;
  private short[] features = new short[0];
  private int[] tokens = new int[0];
  private int first;
  private int collected;
  private int width;
  private long bytesToDraft;
  private long bytesFromDraft;
  private long nanos;

  /**
   * @param window the most tokens that it carries at once, the last ones
   */
  public FeatureChannel(int window) {
    this.window = window;
  }

  /**
   * Takes verified tokens in, behind those that it holds already; the oldest may be dropped, for
   * which the drafter has no use.
   *
   * @param position of the first token that a feature belongs to
   * @param rows the features' rows in {@code source}, {@code [.][d]}; null where the drafter reads
   *     none
   * @param nextTokens holds the token after each from {@code nextAt} on
   */
  public void collect(
      int position, float[] source, int d, int[] rows, int count, int[] nextTokens, int nextAt) {
    long start = System.nanoTime();
    if (collected == 0) {
      first = position;
    }
    width = rows == null ? 0 : d;
    if (collected / 2 >= window) {
      keepLast(window);
    }
    int held = collected;
    collected += count;
    if (tokens.length < collected) {
      tokens = Arrays.copyOf(tokens, collected);
    }
    if (features.length < collected * width) {
      features = Arrays.copyOf(features, collected * width);
    }
    System.arraycopy(nextTokens, nextAt, tokens, held, count);
    for (int i = 0; i < count && width > 0; i++) {
      toHalves(source, rows[i] * d, features, (held + i) * d, d);
    }
    nanos += System.nanoTime() - start;
  }

  /** Forgets the tokens from a position on. */
  public void truncate(int position) {
    collected = Math.clamp((long) position - first, 0, collected);
  }

  /** How many tokens it holds for the draft. */
  public int collected() {
    return Math.min(window, collected);
  }

  private void keepLast(int count) {
    int dropped = collected - count;
    System.arraycopy(tokens, dropped, tokens, 0, count);
    System.arraycopy(features, dropped * width, features, 0, count * width);
    first += dropped;
    collected = count;
  }

  /** Carries what it holds to the draft; the arrays are overwritten by what is collected next. */
  public AcceptedTokens toDraft() {
    if (collected > window) {
      keepLast(window);
    }
    AcceptedTokens accepted = new AcceptedTokens(first, collected, features, tokens);
    bytesToDraft += Integer.BYTES * (2L + collected) + (long) Short.BYTES * collected * width;
    collected = 0;
    return accepted;
  }

  private static void toHalves(float[] from, int fromAt, short[] to, int toAt, int count) {
    for (int j = 0; j < count; j++) {
      to[toAt + j] = toHalf(from[fromAt + j]);
    }
  }

  /** A number of a feature as drafts see it: the f16 next to it, the largest for larger ones. */
  public static short toHalf(float number) {
    return Float.floatToFloat16(Math.clamp(number, -F16_MAX, F16_MAX));
  }

  /** Counts a tree that comes back: a token, a parent and a log-probability for each node. */
  public TokenTree fromDraft(TokenTree tree) {
    bytesFromDraft += (2L * Integer.BYTES + Float.BYTES) * tree.size();
    return tree;
  }

  public long bytesToDraft() {
    return bytesToDraft;
  }

  public long bytesFromDraft() {
    return bytesFromDraft;
  }

  /** How long rounding and copying has taken. */
  public long nanos() {
    return nanos;
  }
}
