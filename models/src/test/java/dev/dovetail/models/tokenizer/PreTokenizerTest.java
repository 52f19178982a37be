package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cuts that vocabularies do not show, by the regular expressions read by hand. */
class PreTokenizerTest {
  @Test
  void contractions() {
    assertThat(cut(PreTokenizer.GPT2, "I'll I'LL")).containsExactly("I", "'ll", " I", "'", "LL");
    assertThat(cut(PreTokenizer.QWEN2, "I'll I'LL")).containsExactly("I", "'ll", " I", "'LL");
    // Without the contraction the quote would take all letters with it.
    assertThat(cut(PreTokenizer.LLAMA3, "'Rex'x'v")).containsExactly("'Re", "x", "'x", "'v");
    assertThat(cut(PreTokenizer.DEFAULT, "I'll")).containsExactly("I", "'", "ll");
  }

  @Test
  void numbers() {
    assertThat(cut(PreTokenizer.GPT2, "a 1234")).containsExactly("a", " 1234");
    assertThat(cut(PreTokenizer.SMOLLM, "a  12")).containsExactly("a", "  ", "1", "2");
    assertThat(cut(PreTokenizer.QWEN2, "a  12")).containsExactly("a", " ", " ", "1", "2");
    assertThat(cut(PreTokenizer.LLAMA3, "12345")).containsExactly("123", "45");
    assertThat(cut(PreTokenizer.DEFAULT, " 1\u00bd2345"))
        .containsExactly(" ", "1\u00bd", "234", "5");
  }

  @Test
  void marks() {
    assertThat(cut(PreTokenizer.DEFAULT, "+`+ +  ("))
        .containsExactly("+", "`", "+", " ", "+", "  ", "(");
    assertThat(cut(PreTokenizer.GPT2, "+`+ +  (")).containsExactly("+`+", " +", " ", " (");
  }

  private static List<String> cut(PreTokenizer preTokenizer, String text) {
    char[] chars = text.toCharArray();
    List<String> words = new ArrayList<>();
    for (int start = 0; start < chars.length; ) {
      int end = preTokenizer.wordEnd(chars, start, chars.length);
      words.add(text.substring(start, end));
      start = end;
    }
    return words;
  }
}
