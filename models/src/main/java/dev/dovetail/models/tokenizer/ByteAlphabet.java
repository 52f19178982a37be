package dev.dovetail.models.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The printable stand-ins that GPT-2's byte-level BPE (Radford et al. 2019) gives the 256 bytes:
 * printable Latin-1 characters stand for themselves, the other bytes for U+0100 and up, in order.
 */
final class ByteAlphabet {
  private static final char[] CHARS = new char[256];

  /** Bytes by stand-in, -1 for characters that stand for none; all stand-ins are below U+0144. */
  private static final short[] BYTES = new short[0x144];

  static {
    Arrays.fill(BYTES, (short) -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE && b <= 0xFF;
      CHARS[b] = printable ? (char) b : next++;
      BYTES[CHARS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The stand-in of a byte, 0 to 255. */
  static char charOf(int b) {
    return CHARS[b];
  }

  /** The bytes a token stands for; a character outside the alphabet stands for its own UTF-8. */
  static byte[] decode(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return decodeMixed(token);
      }
      bytes[i] = (byte) BYTES[c];
    }
    return bytes;
  }

  private static byte[] decodeMixed(String token) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length() * 3);
    for (int i = 0; i < token.length(); ) {
      int c = token.codePointAt(i);
      if (c < BYTES.length && BYTES[c] >= 0) {
        bytes.write(BYTES[c]);
      } else {
        bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
      }
      i += Character.charCount(c);
    }
    return bytes.toByteArray();
  }
}
