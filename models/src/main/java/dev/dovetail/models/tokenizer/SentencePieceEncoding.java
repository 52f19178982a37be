package dev.dovetail.models.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * SentencePiece's BPE (Kudo and Richardson 2018): characters are the first symbols, two merge if
 * together they spell a token, the token of the highest score first. A character that no token has
 * becomes its UTF-8 bytes, tokens {@code <0xXX>}. A space is written U+2581.
 */
final class SentencePieceEncoding implements Encoding {
  private static final char SPACE = '\u2581';
  private static final int DEFAULT_UNKNOWN = 0;

  private final Vocabulary vocabulary;
  private final boolean spacePrefix;

  /** The token for what has no token. */
  private final int unknown;

  /** The tokens for bytes, -1 where there is none. */
  private final int[] byteTokens = new int[256];

  private final PieceMerges merges;

  /** Symbols of ASCII characters, {@link Merger#STRANGER} where there is none. */
  private final int[] asciiSymbols = new int[128];

  SentencePieceEncoding(TokenizerData data, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    spacePrefix = data.addSpacePrefix().orElse(true);
    unknown = data.id("unknown").orElse(DEFAULT_UNKNOWN);
    for (int b = 0; b < 256; b++) {
      int id = vocabulary.find("<0x%02X>".formatted(b));
      byteTokens[b] = id != SymbolTable.ABSENT || b >= 128 ? id : vocabulary.find((char) b + "");
    }
    merges = new PieceMerges(data, vocabulary);
    for (char c = 0; c < 128; c++) {
      asciiSymbols[c] = vocabulary.symbols().find(String.valueOf(c));
    }
  }

  @Override
  public void encode(char[] text, int start, int end, IdBuffer ids) {
    int prefix = spacePrefix ? 1 : 0;
    char[] escaped = new char[prefix + end - start];
    Arrays.fill(escaped, 0, prefix, SPACE);
    for (int i = start; i < end; i++) {
      escaped[prefix + i - start] = text[i] == ' ' ? SPACE : text[i];
    }
    Merger merger = new Merger(merges.merges());
    int part = 0;
    for (int i = 1; i <= escaped.length; i++) {
      if (i == escaped.length || !merges.mayJoin(escaped[i - 1], escaped[i])) {
        encodePart(escaped, part, i, merger, ids);
        part = i;
      }
    }
  }

  private void encodePart(char[] text, int from, int to, Merger merger, IdBuffer ids) {
    merger.start();
    for (int i = from; i < to; i += width(text, i)) {
      char c = text[i];
      merger.append(
          c < 128 ? asciiSymbols[c] : vocabulary.symbols().find(text, i, i + width(text, i)));
    }
    merger.merge();
    int at = from;
    for (int i = 0; i < merger.size(); i = merger.after(i)) {
      int symbol = merger.symbol(i);
      boolean token = symbol >= 0 && symbol < vocabulary.size();
      // What is no token has not merged, and is one character.
      int length = token ? vocabulary.symbols().length(symbol) : width(text, at);
      if (token) {
        ids.add(symbol);
      } else {
        addBytes(text, at, at + length, ids);
      }
      at += length;
    }
  }

  private static int width(char[] text, int at) {
    return Character.isHighSurrogate(text[at]) ? 2 : 1;
  }

  private void addBytes(char[] text, int from, int to, IdBuffer ids) {
    byte[] bytes = new String(text, from, to - from).getBytes(StandardCharsets.UTF_8);
    for (byte b : bytes) {
      if (byteTokens[b & 0xFF] == SymbolTable.ABSENT) {
        ids.add(unknown);
        return;
      }
    }
    for (byte b : bytes) {
      ids.add(byteTokens[b & 0xFF]);
    }
  }

  @Override
  public byte[] bytes(int id) {
    return vocabulary.text(id).replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean addsSpacePrefix() {
    return spacePrefix;
  }
}
