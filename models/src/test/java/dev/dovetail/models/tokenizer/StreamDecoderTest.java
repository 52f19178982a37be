package dev.dovetail.models.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamDecoderTest {
  private final Tokenizer tokenizer = SmallVocabulary.bytes().tokenizer("gpt-2");

  @Test
  void waitsForWholeCharacters() {
    int[] ids = new int[4];
    byte[] utf8 = "\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 4; i++) {
      ids[i] = tokenOf(utf8[i]);
    }
    StreamDecoder decoder = tokenizer.newStreamDecoder();

    assertThat(decoder.next(ids[0])).isEmpty();
    assertThat(decoder.next(ids[1])).isEmpty();
    assertThat(decoder.next(ids[2])).isEmpty();
    assertThat(decoder.next(ids[3])).isEqualTo("\ud83d\ude00");
    assertThat(decoder.flush()).isEmpty();
  }

  @Test
  void flushesAnUnfinishedCharacterAndStartsAnew() {
    StreamDecoder decoder = tokenizer.newStreamDecoder();

    assertThat(decoder.next(tokenOf((byte) 0xE4))).isEmpty();
    assertThat(decoder.next(tokenOf((byte) 0xBD))).isEmpty();
    assertThat(decoder.flush()).isEqualTo("\ufffd");
    assertThat(decoder.flush()).isEmpty();
    assertThat(decoder.next(tokenOf((byte) 'x'))).isEqualTo("x");
  }

  @Test
  void controlTokensAreSilent() {
    assertThat(tokenizer.newStreamDecoder().next(1)).isEmpty();
  }

  @Test
  void anyIdsGiveTheTextOfAllBytes() {
    long seed = 21;
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      StreamDecoder decoder = tokenizer.newStreamDecoder();
      StringBuilder streamed = new StringBuilder();
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      int[] ids = random.ints(random.nextInt(30), 0, tokenizer.vocabularySize()).toArray();
      for (int id : ids) {
        // Mostly single bytes, so that broken UTF-8 is common.
        int token = random.nextBoolean() ? id : tokenOf((byte) (random.nextInt(160) + 96));
        streamed.append(decoder.next(token));
        bytes.writeBytes(tokenizer.bytes(token));
      }
      streamed.append(decoder.flush());
      assertThat(streamed.toString())
          .as("seed %d, round %d", seed, round)
          .isEqualTo(bytes.toString(StandardCharsets.UTF_8));
    }
  }

  private int tokenOf(byte b) {
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      byte[] bytes = tokenizer.bytes(id);
      if (bytes.length == 1 && bytes[0] == b) {
        return id;
      }
    }
    throw new AssertionError("no token for byte " + b);
  }
}
