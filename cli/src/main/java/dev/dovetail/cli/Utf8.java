package dev.dovetail.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads text that must be UTF-8. */
final class Utf8 {
  private Utf8() {}

  /**
   * Decodes bytes.
   *
   * @param source what they come from, for the message
   * @throws IllegalArgumentException if they are not UTF-8
   */
  static String decode(byte[] bytes, String source) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new IllegalArgumentException(
          "%s is not UTF-8: found byte 0x%02x at offset %d; convert it first, for example with iconv"
              .formatted(source, bytes[in.position()], in.position()));
    }
    return out.flip().toString();
  }

  static String read(InputStream in, String source) {
    try {
      return decode(in.readAllBytes(), source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return decode(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
