package dev.dovetail.models.tokenizer;

/**
 * A hash map from pairs of non-negative ints to pairs of non-negative ints, by open addressing, a
 * key beside its value so that a look-up touches one cache line. Filled once, then read by any
 * number of threads.
 */
final class PairMap {
  /** What {@link #get} gives for an absent key; no value equals it. */
  static final long ABSENT = -1;

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Key at 2i, value at 2i + 1; an empty slot has the key {@link #ABSENT}. */
  private final long[] slots;

  private final int shift;

  /**
   * @param capacity how many keys will be put at most
   */
  PairMap(int capacity) {
    // At most 5/8 full: linear probing then reads about two slots for a key that is there, four for
    // one that is not.
    long wanted = Math.max(16, capacity * 8L / 5);
    int bits = 64 - Long.numberOfLeadingZeros(wanted - 1);
    if (bits > 29) {
      throw new IllegalArgumentException("a table of " + capacity + " pairs is too large");
    }
    shift = 64 - bits;
    slots = new long[2 << bits];
    for (int i = 0; i < slots.length; i += 2) {
      slots[i] = ABSENT;
    }
  }

  /** Two ints as one key or value; the first counts more when such longs are compared. */
  static long pair(int first, int second) {
    return (long) first << 32 | second;
  }

  static int first(long pair) {
    return (int) (pair >>> 32);
  }

  static int second(long pair) {
    return (int) pair;
  }

  /** Adds a key, unless it is there. */
  void putIfAbsent(long key, long value) {
    int slot = slot(key);
    if (slots[slot] == ABSENT) {
      slots[slot] = key;
      slots[slot + 1] = value;
    }
  }

  long get(long key) {
    int slot = slot(key);
    return slots[slot] == key ? slots[slot + 1] : ABSENT;
  }

  /** Where a key stands or would stand. */
  private int slot(long key) {
    int mask = slots.length - 1;
    int slot = (int) ((key ^ key >>> 32) * GOLDEN >>> shift) * 2;
    while (slots[slot] != key && slots[slot] != ABSENT) {
      slot = slot + 2 & mask;
    }
    return slot;
  }
}
