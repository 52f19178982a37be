package dev.dovetail.models.chat;

import dev.dovetail.models.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Encodes a rendered conversation without letting a message's content spell a special token.
 *
 * <p>Where a content spells one, the first character of that spelling is exchanged for a character
 * of the private use area before the template sees it. The rendered text then holds only the
 * template's own special tokens: it is cut at them, the characters are put back in the pieces
 * between, and those are encoded as plain text. Whatever the template does to the content
 * (trimming, cutting, repeating) it does to the exchanged characters too, so this needs no guess
 * about where a content went.
 */
final class MessageEncoder {
  private static final char PRIVATE_USE_START = '\uE000';
  private static final char PRIVATE_USE_END = '\uF8FF';

  private final Tokenizer tokenizer;

  /** Special spellings and their ids by first character, longest first. */
  private final Map<Character, TreeMap<String, Integer>> specials = new HashMap<>();

  MessageEncoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      if (tokenizer.isSpecial(id)) {
        String spelling = tokenizer.spelling(id);
        if (!spelling.isEmpty()) {
          specials
              .computeIfAbsent(spelling.charAt(0), c -> new TreeMap<>(MessageEncoder::longestFirst))
              .putIfAbsent(spelling, id);
        }
      }
    }
  }

  private static int longestFirst(String a, String b) {
    return a.length() != b.length() ? b.length() - a.length() : a.compareTo(b);
  }

  int[] encode(ChatTemplate template, List<ChatMessage> messages, boolean addGenerationPrompt) {
    String text = template.render(messages, addGenerationPrompt);
    Set<Character> exchanged = new TreeSet<>();
    for (ChatMessage message : messages) {
      collect(message.content(), exchanged);
    }
    if (exchanged.isEmpty()) {
      return tokenizer.encode(text, true);
    }
    Map<Character, Character> standIns = standIns(exchanged, text, messages);
    List<ChatMessage> veiled = new ArrayList<>(messages.size());
    for (ChatMessage message : messages) {
      veiled.add(new ChatMessage(message.role(), veil(message.content(), standIns)));
    }
    return encodePieces(template.render(veiled, addGenerationPrompt), standIns);
  }

  /** The first characters of the special tokens that a content spells. */
  private void collect(String content, Set<Character> into) {
    for (int i = 0; i < content.length(); i++) {
      if (spellsAt(content, i)) {
        into.add(content.charAt(i));
      }
    }
  }

  private boolean spellsAt(String content, int at) {
    TreeMap<String, Integer> candidates = specials.get(content.charAt(at));
    if (candidates == null) {
      return false;
    }
    for (String spelling : candidates.keySet()) {
      if (content.startsWith(spelling, at)) {
        return true;
      }
    }
    return false;
  }

  private String veil(String content, Map<Character, Character> standIns) {
    StringBuilder veiled = new StringBuilder(content);
    for (int i = 0; i < content.length(); i++) {
      if (spellsAt(content, i)) {
        veiled.setCharAt(i, standIns.get(content.charAt(i)));
      }
    }
    return veiled.toString();
  }

  /**
   * One character of the private use area, used nowhere in this conversation, for each character to
   * exchange.
   */
  private static Map<Character, Character> standIns(
      Set<Character> exchanged, String text, List<ChatMessage> messages) {
    Map<Character, Character> standIns = new HashMap<>();
    char next = PRIVATE_USE_START;
    for (char c : exchanged) {
      while (isUsed(next, text, messages)) {
        next++;
        if (next > PRIVATE_USE_END) {
          throw new IllegalArgumentException(
              "the messages spell special tokens and use every character of the private use area");
        }
      }
      standIns.put(c, next++);
    }
    return standIns;
  }

  private static boolean isUsed(char c, String text, List<ChatMessage> messages) {
    return text.indexOf(c) >= 0 || messages.stream().anyMatch(m -> m.content().indexOf(c) >= 0);
  }

  private int[] encodePieces(String text, Map<Character, Character> standIns) {
    IntStream.Builder ids = IntStream.builder();
    int start = 0;
    for (int i = 0; i < text.length(); ) {
      Map.Entry<String, Integer> special = specialAt(text, i);
      if (special == null) {
        i++;
        continue;
      }
      addPiece(ids, text.substring(start, i), standIns);
      ids.add(special.getValue());
      i += special.getKey().length();
      start = i;
    }
    addPiece(ids, text.substring(start), standIns);
    return ids.build().toArray();
  }

  private Map.Entry<String, Integer> specialAt(String text, int at) {
    TreeMap<String, Integer> candidates = specials.get(text.charAt(at));
    if (candidates != null) {
      for (Map.Entry<String, Integer> candidate : candidates.entrySet()) {
        if (text.startsWith(candidate.getKey(), at)) {
          return candidate;
        }
      }
    }
    return null;
  }

  private void addPiece(IntStream.Builder ids, String piece, Map<Character, Character> standIns) {
    if (piece.isEmpty()) {
      return;
    }
    String plain = piece;
    for (Map.Entry<Character, Character> standIn : standIns.entrySet()) {
      plain = plain.replace(standIn.getValue(), standIn.getKey());
    }
    for (int id : tokenizer.encode(plain, false)) {
      ids.add(id);
    }
  }
}
