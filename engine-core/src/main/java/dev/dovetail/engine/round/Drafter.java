package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.sampling.Sampler;

/**
 * Proposes trees of tokens for one sequence. What it proposes changes how fast text comes, never
 * which. For one thread at a time.
 */
public interface Drafter extends AutoCloseable {
  /** For statistics and messages, such as {@code dgf}. */
  String name();

  /** Whether {@link #extend} needs features, or token ids alone. */
  boolean readsFeatures();

  /**
   * How many of the last tokens are enough for it where it was not asked for long: it need not be
   * told more of what it has missed then. All of them unless it says so.
   */
  default int window() {
    return Integer.MAX_VALUE;
  }

  /**
   * Learns newly verified tokens, in order; those of several passes at once where it was not asked
   * to guess in between. Where {@link #window} has left some out, so that they do not begin behind
   * those of the call before, what came before is forgotten, and the drafter's own sequence begins
   * with these.
   */
  void extend(AcceptedTokens accepted);

  /**
   * Guesses what follows the pending token.
   *
   * @param shape the most that is wanted; fewer nodes are always allowed, more end the generation
   *     with an {@link IllegalStateException}, as do tokens that the target does not have
   * @param floor log-probability of a path behind which no further level is wanted; a hint, {@link
   *     TreeGrowth#NO_FLOOR} for all levels
   * @param context the sequence so far, the pending token last; entries from {@code length} on are
   *     scratch that the drafter may overwrite
   * @param sampler ranks candidates as the target's choice will be made (same seed, same noise)
   */
  TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler);

  /**
   * Starts to guess what follows if the likeliest path of a tree is accepted, while the target
   * verifies it; {@link #draft} gives that guess if it was. Returns at once. Does nothing where it
   * would take what the target computes with.
   *
   * @param shape as in {@link #draft}
   * @param verified what is being verified
   * @param context the sequence without the tree, pending token last; read, and scratch behind it,
   *     until this returns
   */
  default void ahead(
      TreeShape shape, TokenTree verified, int[] context, int length, Sampler sampler) {}

  /** What came of {@link #ahead} since this drafter was made. */
  default AheadStats aheadStats() {
    return AheadStats.NONE;
  }

  /**
   * Forgets all but the first {@code tokens} tokens. {@link #extend} goes on with the feature of
   * the last of them, or with the first position if there is none.
   */
  void truncate(int tokens);

  /** Memory of this sequence's draft state, on whatever device. */
  default long bytes() {
    return 0;
  }

  @Override
  default void close() {}
}
