package dev.dovetail.dgf;

import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;
import java.util.Optional;

/**
 * A tree that is drafted ahead: under the outcome of a verification that is not over yet. It holds
 * if the target accepts the trunk's tokens, and then chooses the one that was guessed. For one
 * thread.
 */
final class Assumption {
  private GrowthPlan plan;
  private int[] trunk;
  private int length;
  private Sampler sampler;
  private boolean queued;
  private DraftNodes nodes;
  private long hiddenNanos;
  private AheadStats stats = AheadStats.NONE;

  /**
   * Notes what has been queued.
   *
   * @param path the accepted tokens, as they are assumed
   * @param length tokens of the sequence before them
   */
  void begin(GrowthPlan plan, int[] path, int length, Sampler sampler) {
    drop();
    this.plan = plan;
    this.length = length;
    this.sampler = sampler;
    trunk = Arrays.copyOf(path, path.length + 1);
    queued = true;
  }

  /** Whether what was queued has not been read yet. */
  boolean open() {
    return queued;
  }

  /** Notes what came of it, and how long that was waited for. */
  void settle(DraftNodes nodes, long waitedNanos) {
    queued = false;
    this.nodes = nodes;
    hiddenNanos = Math.max(0, nodes.nanos() - waitedNanos);
  }

  /** The tree, if it holds for this sequence. It is used up, or dropped. */
  Optional<TokenTree> take(TreeShape shape, int[] context, int length, Sampler sampler) {
    if (nodes == null || !holds(shape, context, length, sampler)) {
      drop();
      return Optional.empty();
    }
    TokenTree tree = behindTrunk(shape.depth());
    nodes = null;
    stats = new AheadStats(stats.used() + 1, stats.dropped(), stats.hiddenNanos() + hiddenNanos);
    return Optional.of(tree);
  }

  private boolean holds(TreeShape shape, int[] context, int length, Sampler sampler) {
    if (nodes.tokens().length < trunk.length) {
      return false;
    }
    trunk[trunk.length - 1] = nodes.tokens()[trunk.length - 1];
    int end = this.length + trunk.length;
    return sampler.equals(this.sampler)
        && shape.width() == plan.shape().width()
        && length == end
        && Arrays.equals(context, this.length, end, trunk, 0, trunk.length);
  }

  /** The first levels behind the trunk. */
  private TokenTree behindTrunk(int depth) {
    int first = trunk.length;
    int end = first;
    while (end < nodes.tokens().length && depth(end) <= depth) {
      end++;
    }
    int[] parents = Arrays.copyOfRange(nodes.parents(), first, end);
    for (int i = 0; i < parents.length; i++) {
      parents[i] = Math.max(TokenTree.ROOT, parents[i] - first);
    }
    return new TokenTree(
        Arrays.copyOfRange(nodes.tokens(), first, end),
        parents,
        Arrays.copyOfRange(nodes.logProbabilities(), first, end));
  }

  /** Levels from the trunk to a node. */
  private int depth(int node) {
    int depth = 0;
    for (int at = node; at >= trunk.length; at = nodes.parents()[at]) {
      depth++;
    }
    return depth;
  }

  /** Forgets a tree that does not hold. */
  void drop() {
    if (nodes != null) {
      nodes = null;
      stats = new AheadStats(stats.used(), stats.dropped() + 1, stats.hiddenNanos());
    }
  }

  AheadStats stats() {
    return stats;
  }
}
