package dev.dovetail.models.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns a stream of ids into text that never splits a character. The stream is taken for the
 * continuation of a text: a space at its beginning is kept, as {@link Tokenizer#decode} would not
 * for models that put one there. For one thread.
 */
public final class StreamDecoder {
  private final Tokenizer tokenizer;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The bytes of an unfinished character. */
  private byte[] rest = new byte[0];

  StreamDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * The text that is complete once this token has come; empty while a character is unfinished.
   * Bytes that are not UTF-8 become U+FFFD.
   *
   * @throws IllegalArgumentException if the id is outside the vocabulary
   */
  public String next(int id) {
    return decode(tokenizer.bytes(id), false);
  }

  /**
   * What is left: U+FFFD for an unfinished character, otherwise empty. A new stream may begin
   * afterwards.
   */
  public String flush() {
    String text = decode(new byte[0], true);
    decoder.reset();
    return text;
  }

  private String decode(byte[] bytes, boolean end) {
    ByteBuffer in = ByteBuffer.allocate(rest.length + bytes.length).put(rest).put(bytes).flip();
    // A byte becomes one char at most.
    CharBuffer out = CharBuffer.allocate(in.remaining());
    decoder.decode(in, out, end);
    rest = new byte[in.remaining()];
    in.get(rest);
    return out.flip().toString();
  }
}
