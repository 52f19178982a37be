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
 * <p>Logarithms come from StrictMath, so that all machines agree.
 */
final class GumbelNoise {
  /** A group holds the tokens with equal {@code token >>> GROUP_SHIFT}. */
  static final int GROUP_SHIFT = 8;

  /** Token ids in a group. */
  static final int GROUP_SIZE = 1 << GROUP_SHIFT;

  /** Counter words 2 and 3 of a group's draw; a token's own has zero there. */
  private static final long GROUP_STREAM = 1;

  private GumbelNoise() {}

  /** The noise of a token at a position. */
  static double of(long seed, int position, int token) {
    long group = groupBits(seed, position, token >>> GROUP_SHIFT);
    double exponential = leastOf(group);
    if ((token & (GROUP_SIZE - 1)) != ownerOf(group)) {
      exponential += -StrictMath.log(Philox.uniform(seed, position, token));
    }
    return -StrictMath.log(exponential);
  }

  /** The largest noise among the tokens of a group; no token of it has more. */
  static double ceiling(long seed, int position, int group) {
    return -StrictMath.log(leastOf(groupBits(seed, position, group)));
  }

  private static long groupBits(long seed, int position, int group) {
    return Philox.bits(seed, Philox.pair(group, position), GROUP_STREAM, 0);
  }

  private static double leastOf(long groupBits) {
    return -StrictMath.log(Philox.unit(groupBits)) / GROUP_SIZE;
  }

  /** The uniform number leaves the low eleven bits unused; eight of them choose the owner. */
  private static int ownerOf(long groupBits) {
    return (int) groupBits & (GROUP_SIZE - 1);
  }
}
