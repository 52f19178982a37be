package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.models.gguf.GgufFile;
import dev.dovetail.models.testing.TestWeights;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tokenizers of real models against llama.cpp's ids for the same texts. */
class GoldenTokenizerTest {
  @Test
  void smolLm2() {
    check(TestWeights.smolLm2(), "smollm2.jsonl", 187);
  }

  @Test
  void qwenCoder() {
    check(TestWeights.qwenCoder(), "qwen2.5-coder.jsonl", 187);
  }

  @Test
  void smolLm2EndsAndBegins() {
    try (GgufFile file = GgufFile.open(TestWeights.smolLm2())) {
      Tokenizer tokenizer = Tokenizer.of(file);

      assertThat(tokenizer.vocabularySize()).isEqualTo(49_152);
      assertThat(tokenizer.beginOfText()).isEqualTo(-1);
      // <|endoftext|>, <|im_end|>, and <reponame>, by which llama.cpp ends a text too.
      assertThat(tokenizer.endOfText()).containsExactlyInAnyOrder(0, 2, 4);
      assertThat(tokenizer.isSpecial(2)).isTrue();
      assertThat(tokenizer.bytes(2)).isEmpty();
      assertThat(tokenizer.spelling(2)).isEqualTo("<|im_end|>");
      assertThat(tokenizer.decode(new int[] {1, 19556, 28, 905, 17, 2})).isEqualTo("Hello, world!");
    }
  }

  private static void check(Path weights, String golden, int lines) {
    try (GgufFile file = GgufFile.open(weights)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      List<TokenizedText> texts = TokenizedText.read(golden);
      assertThat(texts).hasSize(lines);
      for (TokenizedText text : texts) {
        text.check(tokenizer);
      }
    }
  }
}
