package dev.dovetail.engine.round;

/**
 * Guessed tokens as a tree under the pending token, parents before children. Empty where nothing is
 * guessed.
 *
 * @param tokens token of each node
 * @param parents index of each node's parent, or {@link #ROOT} under the pending token
 * @param logProbabilities of each node given its parent, by the draft's own estimate
 */
public record TokenTree(int[] tokens, int[] parents, float[] logProbabilities) {
  /** The parent of the first level. */
  public static final int ROOT = -1;

  /** No guess. */
  public static final TokenTree EMPTY = new TokenTree(new int[0], new int[0], new float[0]);

  public TokenTree {
    if (tokens.length != parents.length || tokens.length != logProbabilities.length) {
      throw new IllegalArgumentException(
          "a tree of %d tokens, %d parents, %d log-probabilities"
              .formatted(tokens.length, parents.length, logProbabilities.length));
    }
    for (int i = 0; i < parents.length; i++) {
      if (parents[i] < ROOT || parents[i] >= i) {
        throw new IllegalArgumentException(
            "node %d of a tree has parent %d; parents come before children"
                .formatted(i, parents[i]));
      }
    }
  }

  public int size() {
    return tokens.length;
  }

  /** A tree with one branch. */
  public static TokenTree chain(int... tokens) {
    int[] parents = new int[tokens.length];
    for (int i = 0; i < parents.length; i++) {
      parents[i] = i - 1;
    }
    return new TokenTree(tokens, parents, new float[tokens.length]);
  }

  /** The first child of {@code node} (or of {@link #ROOT}) that is {@code token}, or -1. */
  public int child(int node, int token) {
    for (int i = node + 1; i < tokens.length; i++) {
      if (parents[i] == node && tokens[i] == token) {
        return i;
      }
    }
    return -1;
  }
}
