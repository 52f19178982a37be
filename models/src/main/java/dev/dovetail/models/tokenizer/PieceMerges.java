package dev.dovetail.models.tokenizer;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The merges that SentencePiece's scores imply: every way to cut a token into two symbols is a pair
 * that merges, ranked by the token's score. A symbol is a token or a single character.
 */
final class PieceMerges {
  private static final int NEIGHBOUR_BITS = 20;

  private final SymbolTable symbols;
  private final PairMap merges;

  /**
   * Which characters stand side by side in some token, by a hash of the two: some others appear to,
   * too.
   */
  private final BitSet neighbours = new BitSet(1 << NEIGHBOUR_BITS);

  PieceMerges(TokenizerData data, Vocabulary vocabulary) {
    symbols = vocabulary.symbols();
    int[] ranks = ranks(data);
    // Characters become symbols first, so that every cut can be looked up.
    for (int id = 0; id < ranks.length; id++) {
      char[] text = vocabulary.text(id).toCharArray();
      for (int i = 0; i < text.length; i += width(text, i)) {
        symbols.intern(text, i, i + width(text, i));
      }
      for (int i = 1; i < text.length; i++) {
        neighbours.set(hash(text[i - 1], text[i]));
      }
    }
    Pairs pairs = new Pairs();
    for (int id = 0; id < ranks.length; id++) {
      if (vocabulary.isMatchedInText(id)) {
        addCuts(vocabulary.text(id).toCharArray(), PairMap.pair(ranks[id], id), pairs);
      }
    }
    merges = pairs.toMap();
  }

  PairMap merges() {
    return merges;
  }

  /**
   * Whether a token may reach across the place between two chars of a text. Where none can, the
   * text falls into parts that merge independently.
   */
  boolean mayJoin(char left, char right) {
    return Character.isLowSurrogate(right) || neighbours.get(hash(left, right));
  }

  private static int hash(char left, char right) {
    return (left << 16 | right) * 0x9E3779B1 >>> 32 - NEIGHBOUR_BITS;
  }

  /** Adds all cuts of a token into two symbols. */
  private void addCuts(char[] text, long value, Pairs pairs) {
    // Hashes of the parts come from hashes of prefixes, so that a token of any length takes linear
    // time.
    long[] prefixes = new long[text.length + 1];
    long[] powers = new long[text.length + 1];
    powers[0] = 1;
    for (int i = 0; i < text.length; i++) {
      prefixes[i + 1] = prefixes[i] * SymbolTable.BASE + text[i];
      powers[i + 1] = powers[i] * SymbolTable.BASE;
    }
    for (int i = 1; i < text.length; i++) {
      int left = symbols.find(text, 0, i, prefixes[i]);
      if (left != SymbolTable.ABSENT) {
        long hash = prefixes[text.length] - prefixes[i] * powers[text.length - i];
        int right = symbols.find(text, i, text.length, hash);
        if (right != SymbolTable.ABSENT) {
          pairs.add(PairMap.pair(left, right), value);
        }
      }
    }
  }

  /** Pairs found so far; their number is known only at the end. */
  private static final class Pairs {
    private long[] keysAndValues = new long[1024];
    private int size;

    void add(long key, long value) {
      if (size == keysAndValues.length) {
        keysAndValues = Arrays.copyOf(keysAndValues, size * 2);
      }
      keysAndValues[size++] = key;
      keysAndValues[size++] = value;
    }

    PairMap toMap() {
      PairMap map = new PairMap(size / 2);
      for (int i = 0; i < size; i += 2) {
        map.putIfAbsent(keysAndValues[i], keysAndValues[i + 1]);
      }
      return map;
    }
  }

  /** The rank of each token, 0 for the highest score; equal scores have one rank. */
  private static int[] ranks(TokenizerData data) {
    int count = data.tokens().size();
    int[] ranks = new int[count];
    if (data.scores().length == 0) {
      return ranks;
    }
    float[] sorted = new float[count];
    for (int id = 0; id < count; id++) {
      sorted[id] = data.scores()[id] + 0f; // so that -0 equals 0
    }
    Arrays.sort(sorted);
    int distinct = 1;
    for (int i = 1; i < count; i++) {
      if (Float.compare(sorted[i], sorted[distinct - 1]) != 0) {
        sorted[distinct++] = sorted[i];
      }
    }
    for (int id = 0; id < count; id++) {
      ranks[id] = distinct - 1 - Arrays.binarySearch(sorted, 0, distinct, data.scores()[id] + 0f);
    }
    return ranks;
  }

  private static int width(char[] text, int at) {
    return Character.isHighSurrogate(text[at]) && at + 1 < text.length ? 2 : 1;
  }
}
