package dev.dovetail.engine.round;

/**
 * Decides before each round what to guess and how much of it pays. A round asks first what the text
 * itself suggests, and the drafter where that is not worth a pass. For one sequence, on one thread
 * at a time.
 */
public interface TreePolicy {
  /** The longest chain to look up in the text; 0 where none is wanted. */
  int longestLookup();

  /**
   * The part of what was looked up that is worth verifying instead of anything that the drafter
   * guesses; where it is empty, the drafter is asked.
   *
   * @param chain what the text suggests, empty where it has nothing of the kind
   */
  TokenTree lookedUp(TokenTree chain);

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
   * @param token the first that was emitted
   */
  void observe(Round round, TokenTree tree, int last, int token);

  /**
   * The same shape in every round, all of it verified.
   *
   * @param lookup whether what the text suggests takes the drafter's place where it is likelier
   *     than what drafters guess, as a chain of the same depth
   */
  static TreePolicy fixed(TreeShape shape, boolean lookup) {
    return new FixedTrees(shape, lookup);
  }
}
