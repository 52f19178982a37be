package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dovetail.models.ModelFormatException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged metadata, and texts that no one would write. */
class HostileTokenizerTest {
  private static final SmallVocabulary BYTES = SmallVocabulary.bytes();
  private static final SmallVocabulary PIECES = SmallVocabulary.pieces();

  @Test
  void noTokens() {
    refuses(() -> data("gpt2", "gpt-2", List.of(), 0, List.of("a b")), "tokens' is empty");
  }

  @Test
  void arraysOfTheWrongLength() {
    refuses(
        () ->
            new SmallVocabulary("llama", PIECES.tokens(), PIECES.types(), new float[3], null)
                .data(""),
        "scores' has 3 entries for %d tokens".formatted(PIECES.tokens().size()));
    refuses(
        () ->
            new SmallVocabulary("gpt2", BYTES.tokens(), new int[5], null, BYTES.merges()).data(""),
        "token_type' has 5 entries for 2000 tokens");
  }

  @Test
  void unknownKinds() {
    refuses(() -> BYTES.tokenizer("tekken"), "is 'tekken'", "known are", "llama-bpe");
    refuses(
        () -> new GgufTokenizer(data("bert", "", List.of("a"), 0, List.of())),
        "is 'bert'",
        "'gpt2' and 'llama' are");
  }

  @Test
  void tokensThatStandTwice() {
    List<String> tokens = new ArrayList<>(BYTES.tokens());
    tokens.set(1999, tokens.get(300));
    refuses(() -> BYTES.withTokens(tokens).tokenizer("gpt-2"), "twice, as 300 and 1999");
  }

  @Test
  void mergesThatAreNone() {
    refuses(() -> BYTES.withMerges(List.of()).tokenizer("gpt-2"), "merges' is missing or empty");
    for (String merge : List.of("", " ", "a", "ab", " a", "a ")) {
      refuses(
          () -> BYTES.withMerges(List.of("a b", merge)).tokenizer("gpt-2"),
          "has '" + merge + "' at 1; two spellings");
    }
  }

  @Test
  void mergesThatNameNoTokenFallApart() {
    // 'q' and 'z' merge into what is no token, and that with 'q' again.
    Tokenizer tokenizer = BYTES.withMerges(List.of("q z", "qz q")).tokenizer("gpt-2");

    assertThat(tokenizer.decode(tokenizer.encode("qzqzx", false))).isEqualTo("qzqzx");
    assertThat(tokenizer.encode("qzq", false)).hasSize(3);
  }

  @Test
  void missingBeginOfText() {
    refuses(
        () -> new GgufTokenizer(BYTES.data("llama-bpe", Map.of())), "bos_token_id' names no token");
  }

  @Test
  void idsOutsideTheVocabulary() {
    Tokenizer tokenizer = BYTES.tokenizer("gpt-2");
    for (int id : new int[] {-1, 2000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> tokenizer.bytes(id))
          .withMessageContaining(id + " is outside the vocabulary of 2000");
      assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.spelling(id));
      assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.isSpecial(id));
      assertThatIllegalArgumentException().isThrownBy(() -> tokenizer.decode(new int[] {id}));
    }
  }

  @Test
  void tokensOutsideTheByteAlphabetStandForThemselves() {
    List<String> tokens = new ArrayList<>(BYTES.tokens());
    tokens.set(1999, "\u4e2d \ud83d\ude00");
    Tokenizer tokenizer = BYTES.withTokens(tokens).tokenizer("gpt-2");

    assertThat(tokenizer.decode(new int[] {1999})).isEqualTo("\u4e2d \ud83d\ude00");
  }

  @Test
  void emptyTokensAndOddByteTokens() {
    Tokenizer tokenizer =
        new GgufTokenizer(data("llama", "", List.of("", "a", "<0xZZ>", "<0x4>", ""), 6, List.of()));

    assertThat(tokenizer.encode("aa", true)).isNotNull();
    assertThat(tokenizer.bytes(2)).isEmpty();
    assertThat(tokenizer.spelling(0)).isEqualTo("[EMPTY_0]");
  }

  @Test
  void longTokensAndManySpecialOnes() {
    List<String> tokens = new ArrayList<>();
    for (int i = 1; i <= 300; i++) {
      tokens.add("a".repeat(i));
    }
    String text = "a".repeat(100_000);
    for (int type : new int[] {1, 4}) {
      Tokenizer tokenizer = new GgufTokenizer(data("llama", "", tokens, type, List.of()));
      assertEndsSoon(() -> tokenizer.encode(text, true));
    }
  }

  static Stream<Tokenizer> tokenizers() {
    return Stream.of(
        BYTES.tokenizer("gpt-2"),
        BYTES.tokenizer("smollm"),
        BYTES.tokenizer("qwen2"),
        BYTES.tokenizer("llama-bpe"),
        BYTES.tokenizer("default"),
        PIECES.tokenizer(""),
        SmallVocabulary.crossingPieces().tokenizer(""));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void loneSurrogatesAreReplaced(Tokenizer tokenizer) {
    assertThat(tokenizer.decode(tokenizer.encode("a\ud83d", true))).isEqualTo("a\ufffd");
    assertThat(tokenizer.decode(tokenizer.encode("\ude00\ud83db\ud83d\ude00", true)))
        .isEqualTo("\ufffd\ufffdb\ud83d\ude00");
    Random random = new Random(31);
    for (int i = 0; i < 300; i++) {
      char[] text = new char[random.nextInt(50)];
      for (int j = 0; j < text.length; j++) {
        text[j] =
            (char) (random.nextBoolean() ? 0xD800 + random.nextInt(0x800) : random.nextInt(128));
      }
      assertThat(tokenizer.encode(new String(text), true)).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void allOfUnicode(Tokenizer tokenizer) {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c < 0x110000; c++) {
      if ((c < 0xD800 || c >= 0xE000) && c != 0x2581) {
        all.appendCodePoint(c);
      }
    }
    assertThat(tokenizer.decode(tokenizer.encode(all.toString(), true)).contentEquals(all))
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void longRunsAreNotQuadratic(Tokenizer tokenizer) {
    for (String unit :
        List.of("a", "ab", " ", "\n", " \n", "1", "<", "'", "\u00e9", "\ud83d\ude00")) {
      String text = unit.repeat(200_000 / unit.length());
      assertEndsSoon(
          () -> assertThat(tokenizer.decode(tokenizer.encode(text, true))).isEqualTo(text));
    }
  }

  private static void assertEndsSoon(Runnable task) {
    // Linear time needs a tenth of a second, time that grows with the square minutes.
    Assertions.assertTimeout(Duration.ofSeconds(20), task::run);
  }

  private static TokenizerData data(
      String model, String pre, List<String> tokens, int type, List<String> merges) {
    int[] types = new int[tokens.size()];
    Arrays.fill(types, type);
    return new TokenizerData(
        Path.of("hostile.gguf"),
        model,
        pre,
        tokens,
        types,
        new float[0],
        merges,
        Map.of(),
        Optional.empty(),
        Optional.empty());
  }

  private static void refuses(Runnable task, String... words) {
    assertThatExceptionOfType(ModelFormatException.class)
        .isThrownBy(task::run)
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }
}
