package dev.dovetail.engine.plan;

import java.util.OptionalDouble;

/**
 * How a round drafts, and what comes of it.
 *
 * @param nodes tokens of a verification pass: the tree's, and the pending one under it
 * @param levels steps of the draft
 * @param width tokens of a step; counts only on a CPU
 * @param tau tokens emitted per verification pass
 * @param cpuDraftMs time of drafting on the CPU, where it was measured
 */
public record Guess(int nodes, int levels, int width, double tau, OptionalDouble cpuDraftMs) {
  public Guess {
    if (nodes < 1 || levels < 0 || width < 1) {
      throw new IllegalArgumentException(
          "a round of %d nodes, %d levels and width %d: wanted at least 1, 0 and 1"
              .formatted(nodes, levels, width));
    }
    if (!(tau >= 1) || tau > nodes) {
      throw new IllegalArgumentException(
          "tau is %s; wanted 1 to %d, the tokens of a verification pass".formatted(tau, nodes));
    }
  }
}
