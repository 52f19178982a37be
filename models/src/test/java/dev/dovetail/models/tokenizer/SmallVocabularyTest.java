package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every pre-tokenizer and both encodings against llama.cpp, on vocabularies whose tokens cross the
 * cuts.
 */
class SmallVocabularyTest {
  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "smollm", "qwen2", "llama-bpe", "default"})
  void byteLevel(String pre) {
    check(SmallVocabulary.bytes().tokenizer(pre), pre + ".jsonl");
  }

  @Test
  void sentencePiece() {
    check(SmallVocabulary.pieces().tokenizer(""), "pieces.jsonl");
  }

  @Test
  void sentencePieceWithSpacesInsideTokens() {
    check(SmallVocabulary.crossingPieces().tokenizer(""), "crossing-pieces.jsonl");
  }

  private static void check(Tokenizer tokenizer, String resource) {
    List<TokenizedText> texts = TokenizedText.read(resource);
    assertThat(texts).hasSizeGreaterThan(100);
    texts.forEach(text -> text.check(tokenizer));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "smollm", "qwen2", "llama-bpe", "default"})
  void byteLevelRoundTrip(String pre) {
    roundTrip(SmallVocabulary.bytes().tokenizer(pre), 11);
  }

  @Test
  void sentencePieceRoundTrip() {
    roundTrip(SmallVocabulary.pieces().tokenizer(""), 12);
    roundTrip(SmallVocabulary.crossingPieces().tokenizer(""), 13);
  }

  private static void roundTrip(Tokenizer tokenizer, long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      String text = RandomText.of(random, 40).replace('\u2581', '_');
      assertThat(tokenizer.decode(tokenizer.encode(text, false)))
          .as("seed %d, text %d", seed, i)
          .isEqualTo(text);
    }
  }

  @Test
  void beginOfText() {
    SmallVocabulary bytes = SmallVocabulary.bytes();

    assertThat(bytes.tokenizer("smollm").beginOfText()).isEqualTo(-1);
    assertThat(bytes.tokenizer("llama-bpe").beginOfText()).isEqualTo(0);
    assertThat(new GgufTokenizer(SmallVocabulary.pieces().data("", Map.of())).beginOfText())
        .isEqualTo(1);
  }

  @Test
  void endOfText() {
    assertThat(SmallVocabulary.bytes().tokenizer("gpt-2").endOfText())
        .containsExactlyInAnyOrder(0, 2);
    assertThat(new GgufTokenizer(SmallVocabulary.pieces().data("", Map.of())).endOfText())
        .containsExactly(2);
  }

  @Test
  void controlTokensAreNeverMergedFromText() {
    SmallVocabulary pieces = SmallVocabulary.pieces();
    // '<' and 's>' would merge into '</s>' by way of '</'.
    List<String> tokens = new ArrayList<>(pieces.tokens());
    tokens.set(tokens.size() - 1, "</");
    tokens.set(tokens.size() - 2, "s>");
    Tokenizer tokenizer = pieces.withTokens(tokens).tokenizer("");

    assertThat(tokenizer.encode("a</s>b", false)).doesNotContain(2);
    assertThat(tokenizer.encode("a</s>b", true)).contains(2);
    assertThat(tokenizer.decode(tokenizer.encode("a</s>b", false))).isEqualTo("a</s>b");
  }

  @Test
  void wordsThatAreTokensNeedNoMergesInLlama3() {
    SmallVocabulary bytes = SmallVocabulary.bytes();
    List<String> tokens = new ArrayList<>(bytes.tokens());
    tokens.set(1999, "zqxzq");

    assertThat(bytes.withTokens(tokens).tokenizer("llama-bpe").encode("zqxzq", false))
        .containsExactly(1999);
    assertThat(bytes.withTokens(tokens).tokenizer("gpt-2").encode("zqxzq", false))
        .hasSizeGreaterThan(1);
  }

  @Test
  void theLongestSpecialTokenIsFoundFirst() {
    SmallVocabulary bytes = SmallVocabulary.bytes();
    List<String> tokens = new ArrayList<>(bytes.tokens());
    tokens.set(4, "im_"); // user-defined, and a part of a control token
    Tokenizer tokenizer = bytes.withTokens(tokens).tokenizer("gpt-2");

    assertThat(tokenizer.encode("<|im_start|>im_", true)).containsExactly(1, 4);
    assertThat(tokenizer.encode("<|im_start|>im_", false)).contains(4).doesNotContain(1);
  }
}
