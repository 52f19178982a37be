package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeBatch;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A target without weights: the logits after a sequence are a function of its tokens alone, a
 * feature is the token and its position. It keeps what a KV cache would, so a wrong path, commit or
 * rollback changes what comes out.
 */
final class FakeTarget implements Target {
  static final int VOCABULARY = 12;
  static final int FEATURE = 2;

  private final int capacity;
  private final int maxPassTokens;
  private int[] committed = new int[0];
  private int[] pending = new int[0];
  private float[] logits = new float[0];
  private float[] features = new float[0];
  int passes;

  FakeTarget(int capacity, int maxPassTokens) {
    this.capacity = capacity;
    this.maxPassTokens = maxPassTokens;
  }

  /** The logits after {@code length} tokens: small whole numbers, so that ties are common. */
  static void logits(int[] tokens, int length, float[] out, int at) {
    long seed = 1;
    for (int i = 0; i < length; i++) {
      seed = seed * 31 + tokens[i] + 1;
    }
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < VOCABULARY; i++) {
      out[at + i] = random.nextInt(5);
    }
  }

  @Override
  public int vocabulary() {
    return VOCABULARY;
  }

  @Override
  public int featureSize() {
    return FEATURE;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int maxPassTokens() {
    return maxPassTokens;
  }

  @Override
  public int length() {
    return committed.length;
  }

  @Override
  public void pass(TreeBatch batch, Logits wanted, Runnable meanwhile) {
    passes++;
    meanwhile.run();
    if (batch.prefix() != committed.length || batch.first() != 0 || batch.size() == 0) {
      throw new AssertionError("a pass over prefix " + batch.prefix());
    }
    int n = batch.size();
    pending = new int[n];
    logits = new float[n * VOCABULARY];
    features = new float[n * FEATURE];
    int[] path = new int[n];
    for (int node = 0; node < n; node++) {
      pending[node] = batch.token(node);
      int depth = batch.path(node, path);
      int[] sequence = Arrays.copyOf(committed, committed.length + depth);
      for (int i = 0; i < depth; i++) {
        sequence[committed.length + i] = batch.token(path[i]);
      }
      features[node * FEATURE] = batch.token(node);
      features[node * FEATURE + 1] = batch.position(node);
      int row = wanted == Logits.ALL ? node : 0;
      if (wanted == Logits.ALL || (wanted == Logits.LAST && node == n - 1)) {
        logits(sequence, sequence.length, logits, row * VOCABULARY);
      }
    }
  }

  @Override
  public float[] logits() {
    return logits;
  }

  @Override
  public float[] features() {
    return features;
  }

  @Override
  public void commit(int[] nodes, int count) {
    int from = committed.length;
    committed = Arrays.copyOf(committed, from + count);
    for (int i = 0; i < count; i++) {
      committed[from + i] = pending[nodes[i]];
    }
    pending = new int[0];
  }

  @Override
  public void truncate(int length) {
    committed = Arrays.copyOf(committed, length);
  }

  @Override
  public void close() {}
}
