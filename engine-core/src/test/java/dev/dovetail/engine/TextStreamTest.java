package dev.dovetail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.models.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextStreamTest {
  /** Tokens are single bytes, so that characters are split too. */
  private record Bytes(byte[][] pieces) implements Tokenizer {
    @Override
    public int vocabularySize() {
      return pieces.length;
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] bytes(int id) {
      return pieces[id];
    }

    @Override
    public String spelling(int id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isSpecial(int id) {
      return false;
    }

    @Override
    public int beginOfText() {
      return -1;
    }

    @Override
    public Set<Integer> endOfText() {
      return Set.of();
    }

    @Override
    public String decode(int[] ids) {
      throw new UnsupportedOperationException();
    }
  }

  private static TextStream stream(byte[][] pieces, String... stops) {
    return new TextStream(new Bytes(pieces).newStreamDecoder(), List.of(stops));
  }

  private static TextStream stream(String[] pieces, String... stops) {
    return stream(
        Arrays.stream(pieces)
            .map(piece -> piece.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new),
        stops);
  }

  /** What each of the pieces, divided by |, releases; then what the end does. */
  @ParameterizedTest
  @CsvSource({
    // no stop string
    "one_|two, '', one_|two|, false",
    // in one token, at its very beginning, at its very end
    "one_STOP_two, STOP, one_, true",
    "STOP, STOP, '', true",
    "one_STOP, STOP, one_, true",
    // across two and three tokens
    "one_S|TOP, STOP, one_|, true",
    "one_S|TO|P_two, STOP, one_||, true",
    // begins, and is something else
    "one_ST|AR, STOP, one_|STAR|, false",
    // begins again inside itself
    "aab|aaba|b, aabaab, ||, true",
    "aaa|b, aab, a|, true",
    "xSSS|TOP, STOP, xSS|, true",
    // begins at the end of the text
    "one_STO, STOP, one_|STO, false",
    // one the beginning of another: the shorter ends the text
    "xSTO|PPED, STOP;STOPPED, x|, true",
    "xSTOPPED, STOPPED;STOP, x, true",
    // two that overlap: the one that is whole first ends the text, at one blow or letter by letter
    "xabcd, abcd;bc, xa, true",
    "xab|c|d, abcd;bc, x|a, true",
    // two that end together: the text ends before the longer
    "xabc, bc;abc, x, true"
  })
  void stops(String pieces, String stops, String released, boolean stopped) {
    String[] tokens = pieces.split("\\|", -1);
    String[] wanted = released.split("\\|", -1);
    TextStream stream = stream(tokens, stops.isEmpty() ? new String[0] : stops.split(";"));
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokens.length && !stream.stopped(); i++) {
      String certain = stream.next(i);
      assertThat(certain).as("token %d", i).isEqualTo(wanted[i]);
      text.append(certain);
    }
    assertThat(stream.stopped()).isEqualTo(stopped);
    String rest = stream.finish();
    assertThat(rest).isEqualTo(stopped ? "" : wanted[tokens.length]);
    assertThat(stream.text()).isEqualTo(text + rest);
  }

  @Test
  void aCharacterIsReleasedWhole() {
    byte[] bytes = "né€".getBytes(StandardCharsets.UTF_8);
    TextStream stream = stream(singles(bytes), "€uro");
    assertThat(stream.next(0)).isEqualTo("n");
    assertThat(stream.next(1)).isEmpty();
    assertThat(stream.next(2)).isEqualTo("é");
    assertThat(stream.next(3)).isEmpty();
    assertThat(stream.next(4)).isEmpty();
    // The sign is whole, and may be the beginning of the stop string.
    assertThat(stream.next(5)).isEmpty();
    assertThat(stream.finish()).isEqualTo("€");
    assertThat(stream.text()).isEqualTo("né€");
  }

  @Test
  void anUnfinishedCharacterAtTheEnd() {
    TextStream stream = stream(singles(new byte[] {'a', (byte) 0xe2, (byte) 0x82}));
    stream.next(0);
    stream.next(1);
    stream.next(2);
    assertThat(stream.finish()).isEqualTo("\ufffd");
    assertThat(stream.text()).isEqualTo("a\ufffd");
  }

  /** However a text is divided into tokens, it ends at the same letter. */
  @Test
  void tokenBoundariesDoNotMatter() {
    for (int seed = 0; seed < 2_000; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      String text = letters(random, 12);
      String[] stops = new String[random.nextInt(1, 4)];
      Arrays.setAll(stops, i -> letters(random, random.nextInt(1, 5)));
      String what = "seed %d: '%s' until %s".formatted(seed, text, Arrays.toString(stops));
      String expected = until(text, stops);
      TextStream byLetter = stream(text.split(""), stops);
      TextStream byToken = stream(text.split("(?<=b)"), stops);
      TextStream whole = stream(new String[] {text}, stops);
      for (TextStream stream : List.of(byLetter, byToken, whole)) {
        int tokens = stream == byLetter ? 12 : stream == whole ? 1 : text.split("(?<=b)").length;
        for (int i = 0; i < tokens && !stream.stopped(); i++) {
          stream.next(i);
        }
        stream.finish();
        assertThat(stream.text()).as(what).isEqualTo(expected);
        assertThat(stream.stopped()).as(what).isEqualTo(!expected.equals(text));
      }
    }
  }

  /** The text before the first stop string to be whole, the longest if several are. */
  private static String until(String text, String... stops) {
    for (int end = 1; end <= text.length(); end++) {
      String sofar = text.substring(0, end);
      int longest =
          Arrays.stream(stops).filter(sofar::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return sofar.substring(0, end - longest);
      }
    }
    return text;
  }

  private static String letters(SplittableRandom random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) random.nextInt('a', 'd'));
    }
    return text.toString();
  }

  private static byte[][] singles(byte[] bytes) {
    byte[][] singles = new byte[bytes.length][];
    Arrays.setAll(singles, i -> new byte[] {bytes[i]});
    return singles;
  }
}
