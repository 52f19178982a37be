package dev.dovetail.engine.sampling;

/**
 * The counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random
 * Numbers: As Easy as 1, 2, 3" (SC 2011): a keyed bijection of 128 bits, so that any number of the
 * sequence is had without the ones before it.
 */
final class Philox {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;

  private Philox() {}

  /**
   * Half of the 128 bits that belong to a key and a counter. Words are numbered as in the paper,
   * word 0 in the low half of a long.
   *
   * @param key key words 0 and 1
   * @param low counter words 0 and 1
   * @param high counter words 2 and 3
   * @param half 0 for output words 0 and 1, 1 for output words 2 and 3
   */
  static long bits(long key, long low, long high, int half) {
    int key0 = (int) key;
    int key1 = (int) (key >>> 32);
    int c0 = (int) low;
    int c1 = (int) (low >>> 32);
    int c2 = (int) high;
    int c3 = (int) (high >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * Integer.toUnsignedLong(c0);
      long product1 = MULTIPLIER_1 * Integer.toUnsignedLong(c2);
      c0 = (int) (product1 >>> 32) ^ c1 ^ key0;
      c2 = (int) (product0 >>> 32) ^ c3 ^ key1;
      c1 = (int) product1;
      c3 = (int) product0;
      key0 += WEYL_0;
      key1 += WEYL_1;
    }
    return half == 0 ? pair(c0, c1) : pair(c2, c3);
  }

  /** A uniform number of 53 bits in (0, 1) for a seed, a position and a token. */
  static double uniform(long seed, int position, int token) {
    return unit(bits(seed, pair(token, position), 0, 0));
  }

  /**
   * The upper 53 bits as a number in (0, 1): k / 2^53, and for k = 0 half of the smallest step, so
   * that a logarithm may be taken.
   */
  static double unit(long bits) {
    long k = bits >>> 11;
    return k == 0 ? 0x1p-54 : k * 0x1p-53;
  }

  static long pair(int low, int high) {
    return (long) high << 32 | Integer.toUnsignedLong(low);
  }
}
