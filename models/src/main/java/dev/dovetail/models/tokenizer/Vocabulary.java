package dev.dovetail.models.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens of a model: their spellings and what they are. Some are known by their spelling only,
 * since files are often wrong about them; the lists are llama.cpp's. Filled once, then read by any
 * number of threads.
 */
final class Vocabulary {
  private static final byte NORMAL = 1;
  private static final byte UNKNOWN = 2;
  private static final byte CONTROL = 3;
  private static final byte USER_DEFINED = 4;
  private static final byte BYTE = 6;

  /** The end-of-text token of SentencePiece models whose file names none. */
  private static final int SENTENCE_PIECE_EOS = 2;

  private static final Set<String> END_SPELLINGS =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<\uff5cend\u2581of\u2581sentence\uff5c>");

  /**
   * Fill-in-the-middle tokens after which nothing belongs to the text: padding, next repository,
   * next file.
   */
  private static final List<FillIn> FILL_IN =
      List.of(
          new FillIn("fim_pad", List.of("<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]")),
          new FillIn(
              "fim_rep",
              List.of("<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>")),
          new FillIn("fim_sep", List.of("<|file_sep|>")));

  private final SymbolTable symbols;
  private final byte[] kinds;
  private final Set<Integer> endOfText;

  private record FillIn(String role, List<String> spellings) {}

  Vocabulary(TokenizerData data) {
    int count = data.tokens().size();
    symbols = new SymbolTable(count);
    kinds = new byte[count];
    char[] buffer = new char[64];
    for (int id = 0; id < count; id++) {
      String token = data.tokens().get(id);
      if (token.isEmpty()) {
        token = "[EMPTY_" + id + "]";
      }
      int length = token.length();
      buffer = length > buffer.length ? new char[length * 2] : buffer;
      token.getChars(0, length, buffer, 0);
      int symbol = symbols.intern(buffer, 0, length);
      if (symbol != id) {
        throw data.fault(
            "tokens",
            "has '%s' twice, as %d and %d; make the file again with a newer converter"
                .formatted(token, symbol, id));
      }
      int kind = data.types().length == 0 ? NORMAL : data.types()[id];
      kinds[id] = kind >= NORMAL && kind <= BYTE ? (byte) kind : 0;
    }
    endOfText = Set.copyOf(findEnds(data));
  }

  private Set<Integer> findEnds(TokenizerData data) {
    Set<Integer> ends = new LinkedHashSet<>();
    for (FillIn fillIn : FILL_IN) {
      OptionalInt named = data.id(fillIn.role());
      if (named.isPresent()) {
        ends.add(named.getAsInt());
      } else {
        fillIn.spellings().stream()
            .mapToInt(symbols::find)
            .filter(id -> id != SymbolTable.ABSENT)
            .min()
            .ifPresent(id -> addControl(ends, id));
      }
    }
    for (String spelling : END_SPELLINGS) {
      int id = symbols.find(spelling);
      if (id != SymbolTable.ABSENT) {
        addControl(ends, id);
      }
    }
    if (data.id("eos").isPresent()) {
      ends.add(data.id("eos").getAsInt());
    } else if (data.model().equals("llama") && size() > SENTENCE_PIECE_EOS) {
      ends.add(SENTENCE_PIECE_EOS);
    }
    data.id("eot").ifPresent(ends::add);
    data.id("eom").ifPresent(ends::add);
    // In the harmony format of gpt-oss <|end|> closes a message, not the turn.
    int call = Math.max(symbols.find("<|call|>"), symbols.find("<|calls|>"));
    int last = Math.max(symbols.find("<|return|>"), symbols.find("<|flush|>"));
    int end = symbols.find("<|end|>");
    if (call != SymbolTable.ABSENT && last != SymbolTable.ABSENT && ends.remove(end)) {
      kinds[end] = USER_DEFINED;
    }
    return ends;
  }

  private void addControl(Set<Integer> ends, int id) {
    ends.add(id);
    kinds[id] = CONTROL;
  }

  /** The number of tokens; symbols from here on are no tokens. */
  int size() {
    return kinds.length;
  }

  /** All spellings; merges may add symbols that are no tokens, before the vocabulary is shared. */
  SymbolTable symbols() {
    return symbols;
  }

  /** The spelling of a token as the file has it. */
  String text(int id) {
    return symbols.get(id);
  }

  /** The token of that spelling, or -1. */
  int find(String text) {
    int symbol = symbols.find(text);
    return symbol < size() ? symbol : SymbolTable.ABSENT;
  }

  Set<Integer> endOfText() {
    return endOfText;
  }

  /** Whether a token stands for no text. */
  boolean isControl(int id) {
    return kinds[id] == CONTROL || kinds[id] == UNKNOWN;
  }

  /** Whether a token is matched in every text, before anything else. */
  boolean isUserDefined(int id) {
    return kinds[id] == USER_DEFINED;
  }

  /**
   * Whether text that spells a token may become it; a user's words never become a control token.
   */
  boolean isMatchedInText(int id) {
    return !isControl(id) && kinds[id] != BYTE;
  }

  /** Whether a token stands for text as the encoding writes it. */
  boolean isNormal(int id) {
    return kinds[id] == NORMAL;
  }

  /** The bytes of a token that is not {@link #isNormal normal}. */
  byte[] otherBytes(int id) {
    String text = text(id);
    return switch (kinds[id]) {
      case USER_DEFINED -> text.getBytes(StandardCharsets.UTF_8);
      case BYTE -> byteOf(text);
      default -> new byte[0];
    };
  }

  /** The byte that {@code <0xXX>} stands for; empty for any other spelling. */
  private static byte[] byteOf(String text) {
    if (text.length() == 6 && text.startsWith("<0x") && text.endsWith(">")) {
      int high = Character.digit(text.charAt(3), 16);
      int low = Character.digit(text.charAt(4), 16);
      if (high >= 0 && low >= 0) {
        return new byte[] {(byte) (high * 16 + low)};
      }
    }
    return new byte[0];
  }
}
