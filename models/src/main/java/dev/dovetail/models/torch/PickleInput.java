package dev.dovetail.models.torch;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The operands of a pickle's instructions. Every method throws BufferUnderflowException at the end.
 */
final class PickleInput {
  private final ByteBuffer bytes;

  PickleInput(ByteBuffer bytes) {
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  int position() {
    return bytes.position();
  }

  int u8() {
    return Byte.toUnsignedInt(bytes.get());
  }

  int u16() {
    return Short.toUnsignedInt(bytes.getShort());
  }

  int i32() {
    return bytes.getInt();
  }

  /** The one number that a pickle has in big-endian order. */
  double f64() {
    return Double.longBitsToDouble(Long.reverseBytes(bytes.getLong()));
  }

  /** A signed integer of {@code size} bytes; of a larger one than fits, the low 64 bits. */
  long integer(int size) {
    long value = 0;
    int sign = 0;
    for (int i = 0; i < size; i++) {
      int next = bytes.get();
      sign = next >> 31;
      value |= i < Long.BYTES ? (long) (next & 0xff) << (8 * i) : 0;
    }
    return size < Long.BYTES ? value | (long) sign << (8 * size) : value;
  }

  String text(int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** The text up to the next line feed. */
  String line() {
    StringBuilder line = new StringBuilder();
    for (int c = u8(); c != '\n'; c = u8()) {
      line.append((char) c);
    }
    return line.toString();
  }
}
