package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeGrowth;

/** The same shape in every round, all of it verified; see {@link TreePolicy#fixed}. */
record FixedTrees(TreeShape shape, boolean lookup) implements TreePolicy {
  /**
   * The first token of a draft is right about as often; so a lookup takes its place where at least
   * three tokens agree ({@link PromptLookup}).
   */
  private static final double LIKELY = 0.6;

  @Override
  public int longestLookup() {
    return lookup ? shape.depth() : 0;
  }

  @Override
  public TokenTree lookedUp(TokenTree chain) {
    boolean likely = chain.size() > 0 && Math.exp(chain.logProbabilities()[0]) > LIKELY;
    return likely ? chain : TokenTree.EMPTY;
  }

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
  public void observe(Round round, TokenTree tree, int last, int token) {}
}
