package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.plan.DraftShape;
import dev.dovetail.engine.round.TreeShape;

/**
 * How long rounds of drafting took, from the call to the tree in the host's memory: medians in
 * microseconds.
 *
 * @param draft what a level has to read
 * @param tree that {@code roundMicros} and {@code executedMicros} are of
 * @param deeper the same with more levels
 * @param oneLevelMicros of a tree of one level, which needs only the head, over one token
 * @param roundMicros of later rounds, which a GPU repeats from a recorded graph
 * @param deeperMicros of later rounds of the deeper tree
 * @param executedMicros of a sequence's first round, whose operations are launched one by one
 */
public record DraftRounds(
    DraftShape draft,
    TreeShape tree,
    TreeShape deeper,
    double oneLevelMicros,
    double roundMicros,
    double deeperMicros,
    double executedMicros) {

  /** Weights that a level reads, in bytes. */
  public long levelBytes() {
    return draft.stepWork().bytesPerPass();
  }

  /** What one more level takes: what a round costs once is no part of it. */
  public double levelMicros() {
    return (deeperMicros - roundMicros) / (deeper.depth() - tree.depth());
  }

  /** 10^9 bytes of weights per second, in a level. */
  public double gbPerS() {
    return levelBytes() / levelMicros() / 1e3;
  }

  /** How near a level comes to what can be read; 1 is there. */
  public double share(DeviceLimits limits) {
    return gbPerS() / limits.readGbPerS();
  }

  /** What launching the operations of a level one by one costs, which a recorded round saves. */
  public double launchMicros() {
    return (executedMicros - roundMicros) / tree.depth();
  }

  /**
   * What a round costs once: copies, the launch of the graph, the wait. It is what a tree of one
   * level takes, without the head, which counts by its share of a level's bytes.
   */
  public double onceMicros() {
    return oneLevelMicros - levelMicros() * draft.headBytes() / levelBytes();
  }
}
