package dev.dovetail.engine.round;

import dev.dovetail.engine.sampling.Sampler;
import java.util.function.IntPredicate;

/**
 * Follows the tree as long as it holds what the target itself chooses.
 *
 * <p>At each node the target's choice is a function of its logits, the tokens before it, its
 * position and the seed, so the tokens that come out are those of plain decoding whatever the tree
 * holds (drafter-invariant coupling, Daliri et al. 2024). The choice at the last node followed is
 * the correction, or the bonus where the whole path was right.
 *
 * <p>Reused between rounds. For one thread.
 */
final class AcceptanceRule {
  private final int[] path = new int[TreeShape.MAX_NODES + 1];
  private int length;
  private int emitted;

  /**
   * Walks the tree and appends the chosen tokens to the context.
   *
   * @param tree the guess
   * @param logits {@code [1 + nodes][vocabulary]}: the pending token's, then each node's
   * @param context the sequence, pending token last; receives the chosen tokens from {@code known}
   *     on
   * @param limit the most tokens to choose, at least 1
   * @param last a token after which nothing is chosen
   */
  void follow(
      TokenTree tree,
      float[] logits,
      int vocabulary,
      Sampler sampler,
      int[] context,
      int known,
      int limit,
      IntPredicate last) {
    length = 0;
    emitted = 0;
    int node = TokenTree.ROOT;
    while (true) {
      path[length++] = node + 1;
      int choice = sampler.choose(logits, (node + 1) * vocabulary, context, known + emitted);
      context[known + emitted++] = choice;
      if (emitted == limit || last.test(choice)) {
        return;
      }
      node = tree.child(node, choice);
      if (node < 0) {
        return;
      }
    }
  }

  /** The pass's nodes to keep: 0 for the pending token, i + 1 for the tree's node i. */
  int[] path() {
    return path;
  }

  /** How many of {@link #path} count: accepted nodes and the pending token. */
  int length() {
    return length;
  }

  /** The last accepted node, or {@link TokenTree#ROOT}. */
  int last() {
    return path[length - 1] - 1;
  }

  /** Tokens chosen; the last one is the next pending token. */
  int emitted() {
    return emitted;
  }
}
