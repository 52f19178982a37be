package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeGrowth;

/** Decides before each round how large a tree pays. For one sequence, on one thread at a time. */
public interface TreePolicy {
  /** The shape to ask the drafter for; {@link TreeShape#NONE} decodes plainly. */
  TreeShape next();

  /**
   * The log-probability of a path behind which the drafter need not go on in the round that {@link
   * #next} has begun.
   */
  float floor();

  /** The part of the drafter's guess that is worth verifying; it may be empty. */
  TokenTree worthwhile(TokenTree guess);

  /**
   * Learns how a round went.
   *
   * @param tree what was verified
   * @param last the last of its nodes that was accepted, or {@link TokenTree#ROOT}
   */
  void observe(Round round, TokenTree tree, int last);

  /** The same shape in every round, all of it verified. */
  static TreePolicy fixed(TreeShape shape) {
    return new TreePolicy() {
      @Override
      public TreeShape next() {
        return shape;
      }

      @Override
      public float floor() {
        return TreeGrowth.NO_FLOOR;
      }

      @Override
      public TokenTree worthwhile(TokenTree guess) {
        return guess;
      }

      @Override
      public void observe(Round round, TokenTree tree, int last) {}
    };
  }
}
