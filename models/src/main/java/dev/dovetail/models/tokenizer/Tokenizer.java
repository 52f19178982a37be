package dev.dovetail.models.tokenizer;

import dev.dovetail.models.gguf.GgufFile;
import java.util.Set;

/**
 * Text to token ids and back, as the model was trained. Immutable, safe for use by several threads.
 */
public interface Tokenizer {

  /**
   * The tokenizer that a file's metadata describe; its ids are those of llama.cpp.
   *
   * @throws dev.dovetail.models.ModelFormatException if they describe none, one of a kind that is
   *     not read, or a damaged one
   */
  static Tokenizer of(GgufFile file) {
    return new GgufTokenizer(TokenizerData.of(file));
  }

  /** The number of token ids. */
  int vocabularySize();

  /**
   * @param text any text; lone surrogates are read as U+FFFD
   * @param parseSpecial whether spellings of special tokens in the text become those tokens (for
   *     rendered templates), or stay text (for a user's words)
   * @return the ids, without a begin-of-text token
   */
  int[] encode(String text, boolean parseSpecial);

  /** The bytes that a token stands for: empty for control tokens, maybe part of a character. */
  byte[] bytes(int id);

  /** The spelling of a token, control tokens included, for people. */
  String spelling(int id);

  /** Whether a token is control rather than text. */
  boolean isSpecial(int id);

  /** The begin-of-text token that starts a raw prompt, or -1 where the model wants none. */
  int beginOfText();

  /** Tokens that end a text or a turn. */
  Set<Integer> endOfText();

  /** A new decoder of a stream of ids; see {@link StreamDecoder}. */
  default StreamDecoder newStreamDecoder() {
    return new StreamDecoder(this);
  }

  /** The text of whole ids; bytes that are not UTF-8 become U+FFFD. */
  String decode(int[] ids);
}
