package dev.dovetail.engine.round;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What crosses between target and draft in a round: features as f16 and token ids one way, the tree
 * the other. Both directions pass through bytes and are counted, so that a draft on another device
 * sees exactly what one in the same memory does. Buffers are reused. For one thread.
 */
public final class FeatureChannel {
  private static final float F16_MAX = 65504;

  private ByteBuffer buffer = allocate(1024);
  private float[] features = new float[0];
  private int[] tokens = new int[0];
  private long bytesToDraft;
  private long bytesFromDraft;

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
    int width = rows == null ? 0 : d;
    ByteBuffer out = cleared(Integer.BYTES * (2 + count) + Short.BYTES * count * width);
    out.putInt(position).putInt(count);
    for (int i = 0; i < count; i++) {
      out.putInt(nextTokens[nextAt + i]);
    }
    for (int i = 0; i < count && width > 0; i++) {
      for (int j = 0; j < width; j++) {
        float feature = Math.clamp(source[rows[i] * d + j], -F16_MAX, F16_MAX);
        out.putShort(Float.floatToFloat16(feature));
      }
    }
    out.flip();
    bytesToDraft += out.remaining();
    return readAccepted(out, width);
  }

  private AcceptedTokens readAccepted(ByteBuffer in, int width) {
    int position = in.getInt();
    int count = in.getInt();
    if (tokens.length < count) {
      tokens = new int[count];
    }
    if (features.length < count * width) {
      features = new float[count * width];
    }
    for (int i = 0; i < count; i++) {
      tokens[i] = in.getInt();
    }
    for (int i = 0; i < count * width; i++) {
      features[i] = Float.float16ToFloat(in.getShort());
    }
    return new AcceptedTokens(position, count, features, tokens);
  }

  /** Carries a tree back. */
  public TokenTree fromDraft(TokenTree tree) {
    int n = tree.size();
    ByteBuffer out = cleared(3 * Integer.BYTES * n);
    for (int i = 0; i < n; i++) {
      out.putInt(tree.tokens()[i]).putInt(tree.parents()[i]).putFloat(tree.logProbabilities()[i]);
    }
    out.flip();
    bytesFromDraft += out.remaining();
    int[] nodes = new int[n];
    int[] parents = new int[n];
    float[] logProbabilities = new float[n];
    for (int i = 0; i < n; i++) {
      nodes[i] = out.getInt();
      parents[i] = out.getInt();
      logProbabilities[i] = out.getFloat();
    }
    return new TokenTree(nodes, parents, logProbabilities);
  }

  public long bytesToDraft() {
    return bytesToDraft;
  }

  public long bytesFromDraft() {
    return bytesFromDraft;
  }

  private ByteBuffer cleared(int bytes) {
    if (buffer.capacity() < bytes) {
      buffer = allocate(bytes);
    }
    return buffer.clear();
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
