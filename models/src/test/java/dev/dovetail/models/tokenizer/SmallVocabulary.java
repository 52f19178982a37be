package dev.dovetail.models.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A vocabulary made by {@code src/test/python/tokenizer_cases.py}, of which tests may change parts.
 */
record SmallVocabulary(
    String model, List<String> tokens, int[] types, float[] scores, List<String> merges) {
  SmallVocabulary {
    scores = scores == null ? new float[0] : scores;
    merges = merges == null ? List.of() : merges;
  }

  /** Byte-level BPE. */
  static SmallVocabulary bytes() {
    return read("bytes.vocabulary.json");
  }

  /** SentencePiece, spaces only at the beginning of tokens. */
  static SmallVocabulary pieces() {
    return read("pieces.vocabulary.json");
  }

  /** SentencePiece, spaces anywhere. */
  static SmallVocabulary crossingPieces() {
    return read("crossing-pieces.vocabulary.json");
  }

  private static SmallVocabulary read(String resource) {
    try (InputStream in = SmallVocabulary.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readValue(in, SmallVocabulary.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TokenizerData data(String pre) {
    return data(pre, Map.of("bos", 0, "eos", 2));
  }

  TokenizerData data(String pre, Map<String, Integer> ids) {
    return new TokenizerData(
        Path.of("small.gguf"),
        model,
        pre,
        tokens,
        types,
        scores,
        merges,
        ids,
        Optional.empty(),
        Optional.empty());
  }

  Tokenizer tokenizer(String pre) {
    return new GgufTokenizer(data(pre));
  }

  SmallVocabulary withTokens(List<String> tokens) {
    return new SmallVocabulary(model, tokens, types, scores, merges);
  }

  SmallVocabulary withMerges(List<String> merges) {
    return new SmallVocabulary(model, tokens, types, scores, merges);
  }
}
