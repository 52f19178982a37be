package dev.dovetail.engine.round;

/**
 * What crosses between target and draft in a round: features as f16 and token ids one way, the tree
 * the other. Features are rounded for every draft, so that one on another device sees exactly what
 * one in the same memory does; the bytes that both directions take are counted, and so is the time
 * of rounding and copying. Buffers are reused. For one thread.
 */
public final class FeatureChannel {
  private static final float F16_MAX = 65504;

  private short[] features = new short[0];
  private int[] tokens = new int[0];
  private long bytesToDraft;
  private long bytesFromDraft;
  private long nanos;

  /**
   * Carries verified tokens to the draft.
   *
   * @param position of the first token that a feature belongs to
   * @param rows the features' rows in {@code source}, {@code [.][d]}; null where the drafter reads
   *     none
   * @param nextTokens holds the token after each from {@code nextAt} on
   */
  public AcceptedTokens toDraft(
      int position, float[] source, int d, int[] rows, int count, int[] nextTokens, int nextAt) {
    long start = System.nanoTime();
    int width = rows == null ? 0 : d;
    if (tokens.length < count) {
      tokens = new int[count];
    }
    if (features.length < count * width) {
      features = new short[count * width];
    }
    System.arraycopy(nextTokens, nextAt, tokens, 0, count);
    for (int i = 0; i < count && width > 0; i++) {
      toHalves(source, rows[i] * d, features, i * d, d);
    }
    bytesToDraft += Integer.BYTES * (2L + count) + (long) Short.BYTES * count * width;
    nanos += System.nanoTime() - start;
    return new AcceptedTokens(position, count, features, tokens);
  }

  private static void toHalves(float[] from, int fromAt, short[] to, int toAt, int count) {
    for (int j = 0; j < count; j++) {
      to[toAt + j] = Float.floatToFloat16(Math.clamp(from[fromAt + j], -F16_MAX, F16_MAX));
    }
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
