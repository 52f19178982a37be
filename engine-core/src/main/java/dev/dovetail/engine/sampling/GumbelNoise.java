package dev.dovetail.engine.sampling;

/**
 * Independent standard Gumbel noise for every token at every position, made so that the largest
 * noise among 256 neighbouring tokens is known from one draw.
 *
 * <p>If e is exponential, -log(e) is Gumbel. The least of n independent exponentials is exponential
 * with rate n, it falls on each of the n with equal chance, and by how much each other one exceeds
 * it is again exponential with rate 1. So a group of 256 token ids draws its least exponential and
 * whose it is; the others add a draw of their own. The 256 numbers are then distributed exactly as
 * if each had been drawn alone, and a whole group can be ruled out by its {@link #ceiling}. A group
 * is always of 256 ids, whatever the vocabulary: the noise depends on (seed, position, token) only.
 *
 * <p>Logarithms come from StrictMath, so that all machines agree. Stands on one group at a time;
 * one thread.
 */
final class GumbelNoise {
  /** A group holds the tokens with equal {@code token >>> GROUP_SHIFT}. */
  static final int GROUP_SHIFT = 8;

  /** Token ids in a group. */
  static final int GROUP_SIZE = 1 << GROUP_SHIFT;

  /** Counter words 2 and 3 of a group's draw; a token's own has zero there. */
  private static final long GROUP_STREAM = 1;

  private final long seed;
  private int position;
  private double least;
  private int owner;

  GumbelNoise(long seed) {
    this.seed = seed;
  }

  /** How many groups hold all tokens of a vocabulary. */
  static int groups(int vocabulary) {
    return ((vocabulary - 1) >>> GROUP_SHIFT) + 1;
  }

  /** Stands on a group of tokens at a position. */
  void enter(int position, int group) {
    this.position = position;
    long bits = Philox.bits(seed, Philox.pair(group, position), GROUP_STREAM, 0);
    least = -StrictMath.log(Philox.unit(bits)) / GROUP_SIZE;
    // The uniform number leaves the low eleven bits unused; eight of them choose the owner.
    owner = group << GROUP_SHIFT | (int) bits & (GROUP_SIZE - 1);
  }

  /** The largest noise among the tokens of the group, whether a vocabulary has them all or not. */
  double ceiling() {
    return -StrictMath.log(least);
  }

  /** The noise of a token of the group. */
  double of(int token) {
    double above = token == owner ? 0 : -StrictMath.log(Philox.uniform(seed, position, token));
    return -StrictMath.log(least + above);
  }
}
