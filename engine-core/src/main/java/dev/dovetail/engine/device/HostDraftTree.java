package dev.dovetail.engine.device;

import dev.dovetail.engine.sampling.Sampler;
import java.util.function.Function;

/** A {@link DraftTree} of a device whose memory is the host's. */
public final class HostDraftTree implements DraftTree {
  private static final int ROOT = -1;
  private static final int TAKEN = -2;

  /** The logarithm of no probability: of a node that only fills its level. */
  private static final float NONE = Float.NEGATIVE_INFINITY;

  private final Function<Buffer, float[]> memory;
  private final int[] tokens;
  private final int[] parents;
  private final float[] logProbabilities;
  private final float[] pathLogProbabilities;
  private final int[] ends;

  private TreeGrowth growth;
  private long begun;
  private int grown;
  private int added;

  private int[] candidateTokens = new int[0];
  private int[] candidateParents = new int[0];
  private float[] candidateLogs = new float[0];
  private float[] candidatePathLogs = new float[0];
  private int[] rowTokens = new int[0];
  private float[] rowLogs = new float[0];

  /**
   * @param maxNodes most nodes of a tree
   * @param memory the array behind a buffer
   */
  public HostDraftTree(int maxNodes, Function<Buffer, float[]> memory) {
    this.memory = memory;
    tokens = new int[maxNodes];
    parents = new int[maxNodes];
    logProbabilities = new float[maxNodes];
    pathLogProbabilities = new float[maxNodes];
    ends = new int[maxNodes];
  }

  @Override
  public void begin(TreeGrowth growth, int prefix) {
    begun = System.nanoTime();
    if (growth.nodes() > tokens.length) {
      throw new IllegalArgumentException(
          "a tree of %d nodes; there is room for %d".formatted(growth.nodes(), tokens.length));
    }
    this.growth = growth;
    added = 0;
    grown = growth.given().length;
    for (int node = 0; node < grown; node++) {
      put(node, growth.given()[node], node - 1, 0, 0);
      ends[node] = node + 1;
    }
  }

  private void put(int node, int token, int parent, float log, float pathLog) {
    tokens[node] = token;
    parents[node] = parent;
    logProbabilities[node] = log;
    pathLogProbabilities[node] = pathLog;
  }

  private int first(int level) {
    return level == 0 ? 0 : ends[level - 1];
  }

  @Override
  public void grow(Rows logits) {
    int width = growth.width(grown);
    int from = grown == 0 ? ROOT : first(grown - 1);
    int rows = grown == 0 ? 1 : ends[grown - 1] - from;
    reserve(rows * width, width);
    float[] values = memory.apply(logits.buffer());
    Sampler sampler = growth.sampler();
    int candidates = 0;
    for (int i = 0; i < rows; i++) {
      int parent = from + i;
      float above = parent == ROOT ? 0 : pathLogProbabilities[parent];
      if (above == NONE) {
        continue;
      }
      writePath(parent);
      int found =
          sampler.rank(
              values,
              logits.offset() + i * logits.stride(),
              logits.width(),
              growth.ids(),
              growth.context(),
              growth.length() + grown,
              width,
              rowTokens,
              rowLogs);
      for (int j = 0; j < found; j++) {
        candidateTokens[candidates] = rowTokens[j];
        candidateParents[candidates] = parent;
        candidateLogs[candidates] = rowLogs[j];
        candidatePathLogs[candidates++] = above + rowLogs[j];
      }
    }
    int first = first(grown);
    int kept = keepBest(candidates, width, first);
    // Levels are always full, so that a node's level is known before the tree is.
    for (int node = first + kept; node < first + width; node++) {
      put(node, 0, from, NONE, NONE);
    }
    ends[grown++] = first + width;
  }

  private void reserve(int candidates, int width) {
    if (candidateTokens.length < candidates) {
      candidateTokens = new int[candidates];
      candidateParents = new int[candidates];
      candidateLogs = new float[candidates];
      candidatePathLogs = new float[candidates];
    }
    if (rowTokens.length < width) {
      rowTokens = new int[width];
      rowLogs = new float[width];
    }
  }

  private void writePath(int node) {
    for (int at = growth.length() + grown - 1; node != ROOT; at--, node = parents[node]) {
      growth.context()[at] = tokens[node];
    }
  }

  private int keepBest(int candidates, int width, int first) {
    int kept = 0;
    for (; kept < width && kept < candidates; kept++) {
      int best = -1;
      for (int i = 0; i < candidates; i++) {
        if (candidateParents[i] != TAKEN
            && (best < 0 || candidatePathLogs[i] > candidatePathLogs[best])) {
          best = i;
        }
      }
      put(
          first + kept,
          candidateTokens[best],
          candidateParents[best],
          candidateLogs[best],
          candidatePathLogs[best]);
      candidateParents[best] = TAKEN;
    }
    return kept;
  }

  @Override
  public boolean addLevel(TreeBatch batch) {
    int first = first(added);
    for (int node = first; node < ends[added]; node++) {
      batch.add(tokens[node], parents[node]);
    }
    added++;
    return pathLogProbabilities[first] > growth.floor();
  }

  @Override
  public DraftNodes read() {
    int size = grown == 0 ? 0 : ends[grown - 1];
    return DraftNodes.of(
        tokens, parents, logProbabilities, pathLogProbabilities, size, System.nanoTime() - begun);
  }

  @Override
  public void close() {}
}
