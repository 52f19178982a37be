package dev.dovetail.dgf;

import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;

/**
 * A tree grown level by level: of all children of the last level, the {@code width} likeliest by
 * the product of probabilities along their paths stay. Reused between rounds. For one thread.
 */
final class TreeLevels {
  private final int[] vocabulary;
  private final int rows;
  private final int[] tokens = new int[TreeShape.MAX_NODES];
  private final int[] parents = new int[TreeShape.MAX_NODES];
  private final float[] logProbabilities = new float[TreeShape.MAX_NODES];
  private final float[] pathLogProbabilities = new float[TreeShape.MAX_NODES];

  private final int[] rankedTokens = new int[TreeShape.MAX_NODES];
  private final float[] rankedLogProbabilities = new float[TreeShape.MAX_NODES];
  private final int[] candidateTokens = new int[TreeShape.MAX_NODES * TreeShape.MAX_NODES];
  private final int[] candidateParents = new int[candidateTokens.length];
  private final float[] candidateLogs = new float[candidateTokens.length];
  private final float[] candidatePathLogs = new float[candidateTokens.length];

  private int width;
  private int[] context;
  private int length;
  private Sampler sampler;
  private int levelStart;
  private int size;
  private int depth;

  /**
   * @param vocabulary token of each logit, ascending, or null if logit i is token i
   * @param rows logits of a node
   */
  TreeLevels(int[] vocabulary, int rows) {
    this.vocabulary = vocabulary;
    this.rows = rows;
  }

  /**
   * Begins a tree under the last token of a context whose entries from {@code length} on are
   * scratch.
   */
  void start(int width, int[] context, int length, Sampler sampler) {
    this.width = width;
    this.context = context;
    this.length = length;
    this.sampler = sampler;
    levelStart = 0;
    size = 0;
    depth = 0;
  }

  /**
   * Adds a level.
   *
   * @param logits {@code [nodes of the last level][rows]}; for the first level one row, the root's
   */
  void grow(float[] logits) {
    int from = levelStart;
    int parentsInLevel = depth == 0 ? 1 : size - from;
    int candidates = 0;
    for (int i = 0; i < parentsInLevel; i++) {
      int parent = depth == 0 ? TokenTree.ROOT : from + i;
      float above = parent == TokenTree.ROOT ? 0 : pathLogProbabilities[parent];
      writePath(parent);
      int ranked =
          sampler.rank(
              logits,
              i * rows,
              rows,
              vocabulary,
              context,
              length + depth,
              width,
              rankedTokens,
              rankedLogProbabilities);
      for (int j = 0; j < ranked; j++) {
        candidateTokens[candidates] = rankedTokens[j];
        candidateParents[candidates] = parent;
        candidateLogs[candidates] = rankedLogProbabilities[j];
        candidatePathLogs[candidates++] = above + rankedLogProbabilities[j];
      }
    }
    levelStart = size;
    keepBest(candidates);
    depth++;
  }

  private void keepBest(int candidates) {
    for (int kept = 0; kept < width && kept < candidates; kept++) {
      int best = -1;
      for (int i = 0; i < candidates; i++) {
        if (candidateParents[i] != TAKEN
            && (best < 0 || candidatePathLogs[i] > candidatePathLogs[best])) {
          best = i;
        }
      }
      tokens[size] = candidateTokens[best];
      parents[size] = candidateParents[best];
      logProbabilities[size] = candidateLogs[best];
      pathLogProbabilities[size++] = candidatePathLogs[best];
      candidateParents[best] = TAKEN;
    }
  }

  private static final int TAKEN = -2;

  private void writePath(int node) {
    for (int at = length + depth - 1; node != TokenTree.ROOT; at--, node = parents[node]) {
      context[at] = tokens[node];
    }
  }

  int size() {
    return size;
  }

  int token(int node) {
    return tokens[node];
  }

  int parent(int node) {
    return parents[node];
  }

  TokenTree tree() {
    return new TokenTree(
        Arrays.copyOf(tokens, size),
        Arrays.copyOf(parents, size),
        Arrays.copyOf(logProbabilities, size));
  }
}
