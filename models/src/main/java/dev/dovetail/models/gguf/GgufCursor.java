package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads the head of a GGUF file from front to back; nothing is read or allocated before it is known
 * to lie inside the file. A head of more than 2 GiB is refused as if the file ended there.
 *
 * <p>It reads through a {@link ByteBuffer}: the first accesses by layout cost a program's start 100
 * ms.
 */
final class GgufCursor {
  private final Path path;
  private final ByteBuffer bytes;

  GgufCursor(Path path, MemorySegment file) {
    this.path = path;
    this.bytes =
        file.asSlice(0, Math.min(file.byteSize(), Integer.MAX_VALUE))
            .asByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
  }

  int position() {
    return bytes.position();
  }

  int remaining() {
    return bytes.remaining();
  }

  int u8(String what) {
    require(1, what);
    return Byte.toUnsignedInt(bytes.get());
  }

  short i16(String what) {
    require(2, what);
    return bytes.getShort();
  }

  int i32(String what) {
    require(4, what);
    return bytes.getInt();
  }

  long i64(String what) {
    require(8, what);
    return bytes.getLong();
  }

  float f32(String what) {
    require(4, what);
    return bytes.getFloat();
  }

  double f64(String what) {
    require(8, what);
    return bytes.getDouble();
  }

  /**
   * A count of things that each take at least {@code minBytes} more bytes of the file.
   *
   * @param limit the largest count that makes sense, whatever the size of the file
   */
  int count(String what, int minBytes, int limit) {
    int at = position();
    long count = i64(what);
    if (count < 0 || count > remaining() / minBytes) {
      throw fault(
          at,
          "claims a count of %s in %s, more than the %d bytes that follow can hold; the file is"
                  .formatted(Long.toUnsignedString(count), what, remaining())
              + " damaged or truncated");
    }
    if (count > limit) {
      throw fault(
          at, "claims a count of %d in %s; at most %d are read".formatted(count, what, limit));
    }
    return (int) count;
  }

  /** A string of at most {@code limit} bytes; bytes that are not UTF-8 become U+FFFD. */
  String string(String what, int limit) {
    return new String(bytes(count(what, 1, limit), what), StandardCharsets.UTF_8);
  }

  byte[] bytes(int count, String what) {
    require(count, what);
    byte[] copy = new byte[count];
    bytes.get(copy);
    return copy;
  }

  /** The next {@code count} elements of {@code width} bytes, stepped over. */
  ByteBuffer elements(int count, int width, String what) {
    int size = Math.multiplyExact(count, width);
    require(size, what);
    ByteBuffer slice = bytes.slice(position(), size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(position() + size);
    return slice;
  }

  /** All that is left, not stepped over; its index 0 is {@link #position}. */
  ByteBuffer rest() {
    return bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  ModelFormatException fault(long offset, String reason) {
    return new ModelFormatException(path, offset, null, reason);
  }

  private void require(int size, String what) {
    if (size > remaining()) {
      throw fault(
          position(),
          "ends inside %s: %d bytes needed, %d left; the file is truncated"
              .formatted(what, size, remaining()));
    }
  }
}
