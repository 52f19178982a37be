package dev.dovetail.cli;

import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;

/** Runs a target over given tokens and shows its logits. For one sequence at a time. */
final class Scorer {
  /** Enough to amortise the unpacking of weights; their logits are kept at once. */
  private static final int PASS_TOKENS = 32;

  private final Target target;
  private final TreeBatch batch = new TreeBatch(PASS_TOKENS);
  private final int[] nodes = new int[PASS_TOKENS];

  /**
   * @param target stays the caller's
   */
  Scorer(Target target) {
    this.target = target;
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = i;
    }
  }

  /** Sees the logits after a token. */
  interface Visitor {
    /**
     * Called for each position that was asked for.
     *
     * @param position index of the token after which they stand
     * @param logits not to be kept
     * @param offset where the position's {@code vocabulary} logits begin
     */
    void visit(int position, float[] logits, int offset);
  }

  /**
   * Runs over the tokens from the beginning.
   *
   * @param every visits positions 0, every, 2 every, and the last
   * @throws IllegalArgumentException if the tokens do not fit the context, are none, or do not
   *     exist
   */
  void score(int[] ids, int every, Visitor visitor) {
    check(ids);
    target.truncate(0);
    for (int from = 0; from < ids.length; ) {
      // A pass ends at a wanted position or holds wanted ones only, so that no head is computed in
      // vain.
      int wanted = Math.min(Math.ceilDiv(from, every) * every, ids.length - 1);
      int end =
          every == 1
              ? Math.min(from + PASS_TOKENS, ids.length)
              : Math.min(from + PASS_TOKENS, wanted + 1);
      Logits logits = every == 1 ? Logits.ALL : end > wanted ? Logits.LAST : Logits.NONE;
      pass(ids, from, end, logits);
      switch (logits) {
        case ALL -> {
          for (int p = from; p < end; p++) {
            visitor.visit(p, target.logits(), (p - from) * target.vocabulary());
          }
        }
        case LAST -> visitor.visit(wanted, target.logits(), 0);
        case NONE -> {}
      }
      from = end;
    }
  }

  private void pass(int[] ids, int from, int end, Logits logits) {
    batch.reset(from);
    for (int i = from; i < end; i++) {
      batch.add(ids[i], i == from ? TreeBatch.PREFIX : i - from - 1);
    }
    target.pass(batch, logits);
    target.commit(nodes, end - from);
  }

  private void check(int[] ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException("there are no tokens to score");
    }
    if (ids.length > target.capacity()) {
      throw new IllegalArgumentException(
          "%d tokens do not fit the context of %d".formatted(ids.length, target.capacity()));
    }
    for (int id : ids) {
      if (id < 0 || id >= target.vocabulary()) {
        throw new IllegalArgumentException(
            "token id %d is outside the vocabulary of %d".formatted(id, target.vocabulary()));
      }
    }
  }

  /** The logarithm of the sum of exponentials, in double. */
  static double logSumExp(float[] logits, int offset, int count) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + count; i++) {
      max = Math.max(max, logits[i]);
    }
    double sum = 0;
    for (int i = offset; i < offset + count; i++) {
      sum += Math.exp(logits[i] - max);
    }
    return max + Math.log(sum);
  }

  /** The ids of the largest logits, largest first, ties by the lowest id. */
  static int[] largest(float[] logits, int offset, int count, int top) {
    int kept = 0;
    int[] ids = new int[Math.min(top, count)];
    for (int id = 0; id < count; id++) {
      float logit = logits[offset + id];
      if (kept == ids.length && !(logit > logits[offset + ids[kept - 1]])) {
        continue;
      }
      int at = kept < ids.length ? kept++ : kept - 1;
      while (at > 0 && logit > logits[offset + ids[at - 1]]) {
        ids[at] = ids[at - 1];
        at--;
      }
      ids[at] = id;
    }
    return ids;
  }
}
