package dev.dovetail.engine.device;

import java.util.Arrays;

/**
 * The nodes of a {@link DraftTree}, those of the given chain in front, parents before children.
 *
 * @param tokens of each node
 * @param parents index of each node's parent, -1 under the sequence's last token
 * @param logProbabilities of each node given its parent, by the draft's estimate; 0 for given ones
 * @param nanos how long the device worked, from {@link DraftTree#begin} on
 */
public record DraftNodes(int[] tokens, int[] parents, float[] logProbabilities, long nanos) {
  /**
   * Leaves out the nodes that only fill a level: those whose path has no probability.
   *
   * @param pathLogProbabilities of each node, its own included
   * @param size how many entries of the arrays count
   */
  public static DraftNodes of(
      int[] tokens,
      int[] parents,
      float[] logProbabilities,
      float[] pathLogProbabilities,
      int size,
      long nanos) {
    int[] keptTokens = new int[size];
    int[] keptParents = new int[size];
    float[] keptLogs = new float[size];
    int[] places = new int[size];
    int kept = 0;
    for (int node = 0; node < size; node++) {
      if (pathLogProbabilities[node] > Float.NEGATIVE_INFINITY) {
        keptTokens[kept] = tokens[node];
        keptParents[kept] = parents[node] < 0 ? -1 : places[parents[node]];
        keptLogs[kept] = logProbabilities[node];
        places[node] = kept++;
      }
    }
    return new DraftNodes(
        Arrays.copyOf(keptTokens, kept),
        Arrays.copyOf(keptParents, kept),
        Arrays.copyOf(keptLogs, kept),
        nanos);
  }
}
