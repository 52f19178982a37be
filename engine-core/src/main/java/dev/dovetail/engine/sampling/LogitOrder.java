package dev.dovetail.engine.sampling;

/**
 * The order of the entries of a row as one signed 64-bit key: the larger logit first, of equal
 * logits the lower entry. The larger key comes first. Zero and minus zero are equal.
 */
final class LogitOrder {
  /** Below every key. */
  static final long NONE = Long.MIN_VALUE;

  private LogitOrder() {}

  /** The key of an entry; the logit is not NaN. */
  static long key(float logit, int entry) {
    return (long) ordered(logit) << 32 | Integer.toUnsignedLong(~entry);
  }

  /** The least key that an entry with this logit can have. */
  static long leastKey(float logit) {
    return (long) ordered(logit) << 32;
  }

  /** The logit in a key; -infinity for {@link #NONE}. */
  static float logit(long key) {
    return key == NONE ? Float.NEGATIVE_INFINITY : Float.intBitsToFloat(flip((int) (key >> 32)));
  }

  private static int ordered(float logit) {
    // Adding zero turns minus zero into zero.
    return flip(Float.floatToRawIntBits(logit + 0.0f));
  }

  /** Turns sign and magnitude into two's complement order, and back. */
  private static int flip(int bits) {
    return bits ^ (bits >> 31 & 0x7fffffff);
  }
}
