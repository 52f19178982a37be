package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** A text and the ids that another program gave it. */
record TokenizedText(String text, int[] ids, @JsonProperty("ids_special") int[] idsSpecial) {
  /** The lines of a test resource. */
  static List<TokenizedText> read(String resource) {
    try (InputStream in = TokenizedText.class.getResourceAsStream(resource)) {
      return new ObjectMapper()
          .readerFor(TokenizedText.class)
          .<TokenizedText>readValues(in)
          .readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails if a tokenizer gives other ids. */
  void check(Tokenizer tokenizer) {
    assertThat(tokenizer.encode(text, false)).as("ids of <%s>", text).isEqualTo(ids);
    assertThat(tokenizer.encode(text, true))
        .as("ids of <%s>, special tokens parsed", text)
        .isEqualTo(idsSpecial);
  }
}
