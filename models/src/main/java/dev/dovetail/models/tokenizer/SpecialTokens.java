package dev.dovetail.models.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * Finds spellings of special tokens in a text. The longest spelling (in UTF-8) is looked for first,
 * in the whole text from the left; then the next in what remains, as llama.cpp does. Immutable.
 */
final class SpecialTokens {
  private static final int ROOT = 0;

  private final Vocabulary vocabulary;

  /** Special tokens in the order in which they are looked for, and their spellings. */
  private final int[] ids;

  private final char[][] spellings;

  /** A trie of the spellings: from (node, char) to (0, node). */
  private final PairMap trie;

  /**
   * For each node of the trie the index into {@link #ids} of the spelling that ends there, or -1.
   */
  private final int[] spellingAt;

  /** The characters with which spellings start. */
  private final BitSet firstChars = new BitSet();

  /**
   * A piece of a text: a token, or text still to be encoded.
   *
   * @param id the token, or -1 for text
   */
  record Fragment(int start, int end, int id) {
    boolean isText() {
      return id < 0;
    }
  }

  SpecialTokens(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    ids = sortedIds(vocabulary);
    spellings = new char[ids.length][];
    int nodes = 1;
    for (int i = 0; i < ids.length; i++) {
      spellings[i] = vocabulary.text(ids[i]).toCharArray();
      nodes = Math.addExact(nodes, spellings[i].length);
      firstChars.set(spellings[i][0]);
    }
    trie = new PairMap(nodes);
    spellingAt = new int[nodes];
    Arrays.fill(spellingAt, -1);
    int used = 1;
    for (int i = 0; i < ids.length; i++) {
      int node = ROOT;
      for (char c : spellings[i]) {
        long key = PairMap.pair(node, c);
        if (trie.get(key) == PairMap.ABSENT) {
          trie.putIfAbsent(key, used++);
        }
        node = (int) trie.get(key);
      }
      spellingAt[node] = i;
    }
  }

  private static int[] sortedIds(Vocabulary vocabulary) {
    record Special(int id, int bytes) {}
    List<Special> specials = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.isControl(id) || vocabulary.isUserDefined(id)) {
        int bytes = vocabulary.text(id).getBytes(StandardCharsets.UTF_8).length;
        specials.add(new Special(id, bytes));
      }
    }
    specials.sort(Comparator.comparingInt(Special::bytes).reversed());
    return specials.stream().mapToInt(Special::id).toArray();
  }

  /**
   * Cuts a text at its special tokens.
   *
   * @param control whether control and unknown tokens are looked for too, or only user-defined ones
   * @return the pieces in order; none is empty
   */
  List<Fragment> split(char[] text, boolean control) {
    if (text.length == 0) {
      return List.of();
    }
    List<Fragment> fragments = List.of(new Fragment(0, text.length, -1));
    BitSet present = present(text);
    for (int i = present.nextSetBit(0); i >= 0; i = present.nextSetBit(i + 1)) {
      if (control || vocabulary.isUserDefined(ids[i])) {
        fragments = split(fragments, text, i);
      }
    }
    return fragments;
  }

  /** Which spellings occur anywhere: a vocabulary may have thousands, a text has few. */
  private BitSet present(char[] text) {
    BitSet present = new BitSet(ids.length);
    for (int i = 0; i < text.length; i++) {
      if (firstChars.get(text[i])) {
        long node = ROOT;
        for (int j = i; j < text.length; j++) {
          node = trie.get(PairMap.pair((int) node, text[j]));
          if (node == PairMap.ABSENT) {
            break;
          }
          int spelling = spellingAt[(int) node];
          if (spelling >= 0) {
            present.set(spelling);
          }
        }
      }
    }
    return present;
  }

  private List<Fragment> split(List<Fragment> fragments, char[] text, int index) {
    char[] spelling = spellings[index];
    List<Fragment> result = new ArrayList<>();
    for (Fragment fragment : fragments) {
      if (!fragment.isText()) {
        result.add(fragment);
        continue;
      }
      int from = fragment.start();
      int match = indexOf(text, spelling, from, fragment.end());
      while (match >= 0) {
        if (match > from) {
          result.add(new Fragment(from, match, -1));
        }
        from = match + spelling.length;
        result.add(new Fragment(match, from, ids[index]));
        match = indexOf(text, spelling, from, fragment.end());
      }
      if (from < fragment.end()) {
        result.add(new Fragment(from, fragment.end(), -1));
      }
    }
    return result;
  }

  private static int indexOf(char[] text, char[] spelling, int from, int end) {
    for (int i = from; i + spelling.length <= end; i++) {
      if (text[i] == spelling[0]
          && Arrays.equals(text, i, i + spelling.length, spelling, 0, spelling.length)) {
        return i;
      }
    }
    return -1;
  }
}
