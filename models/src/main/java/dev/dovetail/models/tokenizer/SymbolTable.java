package dev.dovetail.models.tokenizer;

import java.util.Arrays;

/**
 * Strings and their numbers: the tokens of a vocabulary under their ids, then any further strings
 * that merges need. Filled once, then read by any number of threads. Look-ups take ranges of
 * characters and allocate nothing.
 */
final class SymbolTable {
  static final int ABSENT = -1;

  /** The base of the polynomial hash; odd, so that no character is ever multiplied away. */
  static final long BASE = 0x5851F42D4C957F2DL;

  private char[] pool;
  private int[] ends;

  /** Open addressing; a slot is the hash above the symbol plus one, or 0. */
  private long[] slots;

  private int size;
  private int longest;

  SymbolTable(int expected) {
    pool = new char[Math.max(64, expected * 8)];
    ends = new int[Math.max(16, expected)];
    slots = emptySlots(ends.length);
  }

  int size() {
    return size;
  }

  /** The length of the longest string, in chars. */
  int longest() {
    return longest;
  }

  String get(int symbol) {
    int start = start(symbol);
    return new String(pool, start, ends[symbol] - start);
  }

  /** The length of a string, in chars. */
  int length(int symbol) {
    return ends[symbol] - start(symbol);
  }

  char firstChar(int symbol) {
    return pool[start(symbol)];
  }

  /** The number of a string, {@link #ABSENT} if it has none. */
  int find(char[] text, int from, int to) {
    return find(text, from, to, hash(text, from, to));
  }

  int find(String text) {
    return find(text.toCharArray(), 0, text.length());
  }

  /** As the other, for a caller who knows the polynomial hash of the range. */
  int find(char[] text, int from, int to, long hash) {
    if (to - from > longest) {
      return ABSENT;
    }
    return (int) slots[slot(text, from, to, fold(hash))] - 1;
  }

  /** The number of a string, the next free one if it had none. */
  int intern(char[] text, int from, int to) {
    int hash = fold(hash(text, from, to));
    int slot = slot(text, from, to, hash);
    if (slots[slot] != 0) {
      return (int) slots[slot] - 1;
    }
    if (size == ends.length) {
      grow();
      slot = slot(text, from, to, hash);
    }
    int length = to - from;
    int start = start(size);
    if (start + length > pool.length) {
      pool = Arrays.copyOf(pool, Math.max(pool.length * 2, Math.addExact(start, length)));
    }
    System.arraycopy(text, from, pool, start, length);
    ends[size] = start + length;
    slots[slot] = (long) hash << 32 | ++size;
    longest = Math.max(longest, length);
    return size - 1;
  }

  int intern(String text) {
    return intern(text.toCharArray(), 0, text.length());
  }

  /** The polynomial hash, sum of char[i] * BASE^(to - 1 - i). */
  static long hash(char[] text, int from, int to) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * BASE + text[i];
    }
    return hash;
  }

  /** The slot of a string, or the empty one where it belongs. */
  private int slot(char[] text, int from, int to, int hash) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0 && !equal(slots[slot], text, from, to, hash)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private boolean equal(long entry, char[] text, int from, int to, int hash) {
    if ((int) (entry >>> 32) != hash) {
      return false;
    }
    int symbol = (int) entry - 1;
    return Arrays.equals(pool, start(symbol), ends[symbol], text, from, to);
  }

  private int start(int symbol) {
    return symbol == 0 ? 0 : ends[symbol - 1];
  }

  private void grow() {
    ends = Arrays.copyOf(ends, size * 2);
    long[] old = slots;
    slots = emptySlots(ends.length);
    int mask = slots.length - 1;
    for (long entry : old) {
      if (entry != 0) {
        int slot = (int) (entry >>> 32) & mask;
        while (slots[slot] != 0) {
          slot = slot + 1 & mask;
        }
        slots[slot] = entry;
      }
    }
  }

  /** Slots for so many strings, at most half full. */
  private static long[] emptySlots(int strings) {
    return new long[Integer.highestOneBit(Math.max(1, strings - 1)) * 4];
  }

  /** The high bits of a polynomial hash are its good ones. */
  private static int fold(long hash) {
    long mixed = (hash ^ hash >>> 29) * 0xBF58476D1CE4E5B9L;
    return (int) (mixed >>> 32);
  }
}
