package dev.dovetail.engine.round;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

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

  /** How many levels it has. */
  public int depth() {
    int deepest = 0;
    int[] depths = new int[size()];
    for (int i = 0; i < depths.length; i++) {
      depths[i] = parents[i] == ROOT ? 1 : depths[parents[i]] + 1;
      deepest = Math.max(deepest, depths[i]);
    }
    return deepest;
  }

  /**
   * The tokens from the root to the likeliest leaf, by the product of the probabilities along the
   * path; of equally likely ones the first. Empty for an empty tree.
   */
  public int[] likeliestPath() {
    float[] logs = new float[size()];
    boolean[] inner = new boolean[size()];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = logProbabilities[i];
      if (parents[i] != ROOT) {
        logs[i] += logs[parents[i]];
        inner[parents[i]] = true;
      }
    }
    int leaf = ROOT;
    for (int i = 0; i < logs.length; i++) {
      if (!inner[i] && (leaf == ROOT || logs[i] > logs[leaf])) {
        leaf = i;
      }
    }
    Deque<Integer> path = new ArrayDeque<>();
    for (int node = leaf; node != ROOT; node = parents[node]) {
      path.push(tokens[node]);
    }
    return path.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * This tree without some of its nodes.
   *
   * @param kept of each node, whether it stays; with a node its parent must stay
   */
  public TokenTree part(boolean[] kept) {
    int[] places = new int[size()];
    int count = 0;
    for (int i = 0; i < places.length; i++) {
      places[i] = count;
      count += kept[i] ? 1 : 0;
    }
    if (count == size()) {
      return this;
    }
    int[] keptTokens = new int[count];
    int[] keptParents = new int[count];
    float[] keptLogs = new float[count];
    for (int i = 0; i < places.length; i++) {
      if (kept[i]) {
        int parent = parents[i];
        if (parent != ROOT && !kept[parent]) {
          throw new IllegalArgumentException("node %d stays without its parent".formatted(i));
        }
        keptTokens[places[i]] = tokens[i];
        keptParents[places[i]] = parent == ROOT ? ROOT : places[parent];
        keptLogs[places[i]] = logProbabilities[i];
      }
    }
    return new TokenTree(keptTokens, keptParents, keptLogs);
  }

  /** A tree with one branch, of tokens that are certain. */
  public static TokenTree chain(int... tokens) {
    return chain(tokens, new float[tokens.length]);
  }

  /** A tree with one branch. */
  public static TokenTree chain(int[] tokens, float[] logProbabilities) {
    int[] parents = new int[tokens.length];
    for (int i = 0; i < parents.length; i++) {
      parents[i] = i - 1;
    }
    return new TokenTree(tokens, parents, logProbabilities);
  }

  /** The first so many nodes; with one branch, as many levels. */
  TokenTree beginning(int nodes) {
    boolean[] kept = new boolean[size()];
    Arrays.fill(kept, 0, nodes, true);
    return part(kept);
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
