package dev.dovetail.models.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** The tokenizer that a GGUF file describes; its ids are those of llama.cpp. */
final class GgufTokenizer implements Tokenizer {
  private static final int SENTENCE_PIECE_BOS = 1;

  private final Vocabulary vocabulary;
  private final SpecialTokens specials;
  private final Encoding encoding;
  private final int beginOfText;

  GgufTokenizer(TokenizerData data) {
    vocabulary = new Vocabulary(data);
    encoding =
        switch (data.model()) {
          case "gpt2" -> new BytePairEncoding(data, vocabulary);
          case "llama" -> new SentencePieceEncoding(data, vocabulary);
          default ->
              throw data.fault(
                  "model",
                  "is '%s', a tokenizer that is not read; 'gpt2' and 'llama' are"
                      .formatted(data.model()));
        };
    specials = new SpecialTokens(vocabulary);
    beginOfText = findBeginOfText(data);
  }

  private static int findBeginOfText(TokenizerData data) {
    boolean sentencePiece = data.model().equals("llama");
    boolean wanted =
        data.addBeginOfText().orElse(sentencePiece || PreTokenizer.isLlama3(data.pre()));
    if (!wanted) {
      return -1;
    }
    if (sentencePiece && data.tokens().size() > SENTENCE_PIECE_BOS) {
      return data.id("bos").orElse(SENTENCE_PIECE_BOS);
    }
    return data.id("bos")
        .orElseThrow(() ->
            data.fault("bos_token_id", "names no token, but texts are to begin with that token"));
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text, boolean parseSpecial) {
    char[] chars = wellFormed(text);
    IdBuffer ids = new IdBuffer(chars.length / 3);
    for (SpecialTokens.Fragment fragment : specials.split(chars, parseSpecial)) {
      if (fragment.isText()) {
        encoding.encode(chars, fragment.start(), fragment.end(), ids);
      } else {
        ids.add(fragment.id());
      }
    }
    return ids.toArray();
  }

  private static char[] wellFormed(String text) {
    char[] chars = text.toCharArray();
    for (int i = 0; i < chars.length; i++) {
      if (Character.isSurrogate(chars[i])) {
        if (i + 1 < chars.length && Character.isSurrogatePair(chars[i], chars[i + 1])) {
          i++;
        } else {
          chars[i] = '\ufffd';
        }
      }
    }
    return chars;
  }

  @Override
  public byte[] bytes(int id) {
    checkId(id);
    return vocabulary.isNormal(id) ? encoding.bytes(id) : vocabulary.otherBytes(id);
  }

  @Override
  public String spelling(int id) {
    checkId(id);
    return vocabulary.isNormal(id)
        ? new String(encoding.bytes(id), StandardCharsets.UTF_8)
        : vocabulary.text(id);
  }

  @Override
  public boolean isSpecial(int id) {
    checkId(id);
    return vocabulary.isControl(id);
  }

  private void checkId(int id) {
    if (id < 0 || id >= vocabulary.size()) {
      throw new IllegalArgumentException(
          "token id %d is outside the vocabulary of %d".formatted(id, vocabulary.size()));
    }
  }

  @Override
  public int beginOfText() {
    return beginOfText;
  }

  @Override
  public Set<Integer> endOfText() {
    return vocabulary.endOfText();
  }

  @Override
  public String decode(int[] ids) {
    ByteArrayOutputStream text = new ByteArrayOutputStream(ids.length * 4);
    for (int i = 0; i < ids.length; i++) {
      byte[] bytes = bytes(ids[i]);
      boolean prefix = i == 0 && encoding.addsSpacePrefix() && bytes.length > 0 && bytes[0] == ' ';
      text.write(bytes, prefix ? 1 : 0, bytes.length - (prefix ? 1 : 0));
    }
    return text.toString(StandardCharsets.UTF_8);
  }
}
