package dev.dovetail.models.tokenizer;

/**
 * GPT-2's byte-level BPE: words are cut by a pre-tokenizer, their UTF-8 bytes are the first
 * symbols, and merges are ranked. Follows llama.cpp where a vocabulary is incomplete: a symbol that
 * is no token falls apart into its characters, and of these the ones that are no tokens vanish.
 */
final class BytePairEncoding implements Encoding {
  private final Vocabulary vocabulary;
  private final PreTokenizer preTokenizer;

  /** Whether a word that is a token needs no merging to become it. */
  private final boolean wordsFirst;

  /** The symbol of each byte. */
  private final int[] byteSymbols = new int[256];

  private final PairMap merges;

  BytePairEncoding(TokenizerData data, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    preTokenizer =
        PreTokenizer.named(data.pre())
            .orElseThrow(() ->
                data.fault(
                    "pre",
                    "is '%s', a pre-tokenizer that is not known; known are %s"
                        .formatted(data.pre(), PreTokenizer.names())));
    wordsFirst = PreTokenizer.isLlama3(data.pre());
    if (data.merges().isEmpty()) {
      throw data.fault("merges", "is missing or empty; a 'gpt2' tokenizer needs it");
    }
    for (int b = 0; b < 256; b++) {
      byteSymbols[b] = vocabulary.symbols().intern(String.valueOf(ByteAlphabet.charOf(b)));
    }
    merges = readMerges(data, vocabulary.symbols());
  }

  private static PairMap readMerges(TokenizerData data, SymbolTable symbols) {
    int count = data.merges().size();
    PairMap merges = new PairMap(count);
    char[] buffer = new char[128];
    for (int rank = 0; rank < count; rank++) {
      String merge = data.merges().get(rank);
      int space = merge.indexOf(' ', 1);
      int length = merge.length() - 1;
      if (space < 0 || space == length) {
        throw data.fault(
            "merges",
            "has '%s' at %d; two spellings with a space between are wanted".formatted(merge, rank));
      }
      buffer = length > buffer.length ? new char[length * 2] : buffer;
      merge.getChars(0, space, buffer, 0);
      merge.getChars(space + 1, length + 1, buffer, space);
      // A merge may name what is no token: it becomes a symbol all the same, for later merges to
      // build on.
      int left = symbols.intern(buffer, 0, space);
      int right = symbols.intern(buffer, space, length);
      int merged = symbols.intern(buffer, 0, length);
      merges.putIfAbsent(PairMap.pair(left, right), PairMap.pair(rank, merged));
    }
    return merges;
  }

  @Override
  public void encode(char[] text, int start, int end, IdBuffer ids) {
    Merger merger = new Merger(merges);
    for (int word = start; word < end; ) {
      int wordEnd = preTokenizer.wordEnd(text, word, end);
      merger.start();
      appendBytes(text, word, wordEnd, merger);
      int whole = wordsFirst ? wholeWord(merger) : SymbolTable.ABSENT;
      if (whole != SymbolTable.ABSENT) {
        ids.add(whole);
      } else {
        merger.merge();
        for (int i = 0; i < merger.size(); i = merger.after(i)) {
          addSymbol(merger.symbol(i), ids);
        }
      }
      word = wordEnd;
    }
  }

  /** Appends the symbols of the UTF-8 bytes of a word. */
  private void appendBytes(char[] text, int from, int to, Merger merger) {
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (c < 0x80) {
        merger.append(byteSymbols[c]);
      } else if (c < 0x800) {
        merger.append(byteSymbols[0xC0 | c >> 6]);
        merger.append(byteSymbols[0x80 | c & 0x3F]);
      } else if (Character.isHighSurrogate(c)) {
        int codePoint = Character.toCodePoint(c, text[++i]);
        merger.append(byteSymbols[0xF0 | codePoint >> 18]);
        merger.append(byteSymbols[0x80 | codePoint >> 12 & 0x3F]);
        merger.append(byteSymbols[0x80 | codePoint >> 6 & 0x3F]);
        merger.append(byteSymbols[0x80 | codePoint & 0x3F]);
      } else {
        merger.append(byteSymbols[0xE0 | c >> 12]);
        merger.append(byteSymbols[0x80 | c >> 6 & 0x3F]);
        merger.append(byteSymbols[0x80 | c & 0x3F]);
      }
    }
  }

  /** The token that all symbols together spell, or -1. */
  private int wholeWord(Merger merger) {
    SymbolTable symbols = vocabulary.symbols();
    int size = merger.size();
    if (size > symbols.longest()) {
      return SymbolTable.ABSENT;
    }
    char[] spelling = new char[size];
    for (int i = 0; i < size; i++) {
      spelling[i] = symbols.firstChar(merger.symbol(i));
    }
    int symbol = symbols.find(spelling, 0, size);
    boolean text =
        symbol != SymbolTable.ABSENT && symbol < vocabulary.size() && !vocabulary.isControl(symbol);
    return text ? symbol : SymbolTable.ABSENT;
  }

  private void addSymbol(int symbol, IdBuffer ids) {
    if (symbol < vocabulary.size()) {
      ids.add(symbol);
      return;
    }
    for (char c : vocabulary.text(symbol).toCharArray()) {
      // llama.cpp looks for single bytes here, and only ASCII stand-ins are of one byte.
      int id = c < 0x80 ? vocabulary.find(String.valueOf(c)) : SymbolTable.ABSENT;
      if (id != SymbolTable.ABSENT) {
        ids.add(id);
      }
    }
  }

  @Override
  public byte[] bytes(int id) {
    return ByteAlphabet.decode(vocabulary.text(id));
  }

  @Override
  public boolean addsSpacePrefix() {
    return false;
  }
}
