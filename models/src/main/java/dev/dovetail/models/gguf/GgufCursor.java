package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads a GGUF file from front to back; nothing is read or allocated before it is known to lie inside the file. */
final class GgufCursor {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final MemorySegment bytes;
  private long position;

  GgufCursor(Path path, MemorySegment bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  long position() {
    return position;
  }

  long remaining() {
    return bytes.byteSize() - position;
  }

  MemorySegment bytes() {
    return bytes;
  }

  int u8(String what) {
    return Byte.toUnsignedInt(bytes.get(ValueLayout.JAVA_BYTE, advance(1, what)));
  }

  short i16(String what) {
    return bytes.get(SHORT, advance(2, what));
  }

  int i32(String what) {
    return bytes.get(INT, advance(4, what));
  }

  long i64(String what) {
    return bytes.get(LONG, advance(8, what));
  }

  float f32(String what) {
    return bytes.get(FLOAT, advance(4, what));
  }

  double f64(String what) {
    return bytes.get(DOUBLE, advance(8, what));
  }

  /**
   * A count of things that each take at least {@code minBytes} more bytes of the file.
   *
   * @param limit the largest count that makes sense, whatever the size of the file
   */
  int count(String what, long minBytes, int limit) {
    long at = position;
    long count = i64("the number of " + what);
    if (count < 0 || count > remaining() / minBytes) {
      throw fault(
          at,
          "claims %s %s, more than the %d bytes that follow can hold; the file is damaged or truncated"
              .formatted(Long.toUnsignedString(count), what, remaining()));
    }
    if (count > limit) {
      throw fault(at, "claims %d %s; at most %d are read".formatted(count, what, limit));
    }
    return (int) count;
  }

  /** A string of at most {@code limit} bytes; bytes that are not UTF-8 become U+FFFD. */
  String string(String what, int limit) {
    int length = count("bytes of " + what, 1, limit);
    byte[] text = new byte[length];
    MemorySegment.copy(
        bytes, ValueLayout.JAVA_BYTE, advance(length, what), text, 0, length);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** Steps over {@code size} bytes; the position they start at. */
  long advance(long size, String what) {
    if (size > remaining()) {
      throw fault(
          position,
          "ends inside %s: %d bytes needed, %d left; the file is truncated"
              .formatted(what, size, remaining()));
    }
    long start = position;
    position += size;
    return start;
  }

  ModelFormatException fault(long offset, String reason) {
    return new ModelFormatException(path, offset, null, reason);
  }
}
