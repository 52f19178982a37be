package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CharClassTest {
  /**
   * Code points that Unicode 16 gave a class which they lacked in 15.1; the JDK 25 knows Unicode
   * 16.
   */
  private static final int NEW_IN_UNICODE_16 = 4302 + 80 + 13;

  @Test
  void agreesWithTheJdkButForLaterCharacters() {
    int later = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (CharClass.of(c) != jdkClass(c)) {
        assertThat(CharClass.of(c)).as("class of U+%04X", c).isEqualTo(CharClass.OTHER);
        later++;
      }
    }
    if (Runtime.version().feature() == 25) {
      assertThat(later).isEqualTo(NEW_IN_UNICODE_16);
    }
  }

  private static int jdkClass(int c) {
    if (c >= '\t' && c <= '\r' || c == 0x85) {
      return CharClass.SPACE;
    }
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          CharClass.LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          CharClass.NUMBER;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          CharClass.SPACE;
      case Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.CONNECTOR_PUNCTUATION,
          Character.OTHER_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION ->
          CharClass.PUNCTUATION;
      default -> CharClass.OTHER;
    };
  }
}
