package dev.dovetail.dgf;

import dev.dovetail.engine.device.Candidates;
import dev.dovetail.engine.device.Ranking;
import dev.dovetail.engine.device.TokenIds;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;

/**
 * A tree grown level by level: of all children of the last level, the {@code width} likeliest by
 * the product of probabilities along their paths stay. Reused between rounds. For one thread.
 */
final class TreeLevels {
  private final int[] tokens = new int[TreeShape.MAX_NODES];
  private final int[] parents = new int[TreeShape.MAX_NODES];
  private final float[] logProbabilities = new float[TreeShape.MAX_NODES];
  private final float[] pathLogProbabilities = new float[TreeShape.MAX_NODES];

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
   * How the rows of the last level's nodes are to be ranked; for the first level one row, the
   * root's. To be used before the level is added.
   *
   * @param vocabulary token of each logit, or null if logit i is token i
   */
  Ranking ranking(TokenIds vocabulary) {
    return new Ranking(sampler, vocabulary, width, length + depth, this::path);
  }

  /** The context with the path to the i-th node of the last level behind it. */
  private int[] path(int i) {
    writePath(depth == 0 ? TokenTree.ROOT : levelStart + i);
    return context;
  }

  /**
   * Adds a level.
   *
   * @param ranked the candidates under each node of the last level, in its order; for the first
   *     level one row, those under the root
   */
  void grow(Candidates ranked) {
    int from = levelStart;
    int parentsInLevel = depth == 0 ? 1 : size - from;
    int candidates = 0;
    for (int i = 0; i < parentsInLevel; i++) {
      int parent = depth == 0 ? TokenTree.ROOT : from + i;
      float above = parent == TokenTree.ROOT ? 0 : pathLogProbabilities[parent];
      for (int j = 0; j < ranked.count(i); j++) {
        float log = ranked.logProbability(i, j);
        candidateTokens[candidates] = ranked.token(i, j);
        candidateParents[candidates] = parent;
        candidateLogs[candidates] = log;
        candidatePathLogs[candidates++] = above + log;
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
