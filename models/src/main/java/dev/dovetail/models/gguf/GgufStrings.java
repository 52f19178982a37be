package dev.dovetail.models.gguf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An array of strings in a GGUF file, kept as its bytes: a vocabulary of 150,000 tokens costs two
 * allocations. Each {@link #get} decodes anew (bytes that are not UTF-8 become U+FFFD), so a caller
 * that needs a string often keeps it. Immutable; independent of the file once read.
 */
public final class GgufStrings extends AbstractList<String> implements RandomAccess {
  private static final int LENGTH_BYTES = 8;
  private static final int MAX_STRINGS = 1 << 24;

  /** The array as the file has it: each string after its length in eight bytes. */
  private final byte[] bytes;

  /** Where each string ends in {@link #bytes}; the next one starts eight bytes later. */
  private final int[] ends;

  private GgufStrings(byte[] bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
  }

  static GgufStrings read(GgufCursor cursor, String what) {
    int count = cursor.count(what, LENGTH_BYTES, MAX_STRINGS);
    int[] ends = new int[count];
    int end = scan(cursor.rest(), ends);
    if (end < 0) {
      throw cursor.fault(
          cursor.position() + ~end,
          "a string in %s is longer than the file; the file is damaged or truncated"
              .formatted(what));
    }
    return new GgufStrings(cursor.bytes(end, what), ends);
  }

  /**
   * Finds the ends of the strings; the end of the last, or the complement of a faulty string's
   * place.
   */
  private static int scan(ByteBuffer rest, int[] ends) {
    int size = rest.limit();
    int position = 0;
    for (int i = 0; i < ends.length; i++) {
      int left = size - position - LENGTH_BYTES;
      long length = left < 0 ? -1 : rest.getLong(position);
      if (length < 0 || length > left) {
        return ~position;
      }
      position += LENGTH_BYTES + (int) length;
      ends[i] = position;
    }
    return position;
  }

  @Override
  public int size() {
    return ends.length;
  }

  @Override
  public String get(int index) {
    int start = start(index);
    return new String(bytes, start, ends[index] - start, StandardCharsets.UTF_8);
  }

  /** A copy of the bytes of a string, as the file has them. */
  public byte[] bytes(int index) {
    return Arrays.copyOfRange(bytes, start(index), ends[index]);
  }

  private int start(int index) {
    Objects.checkIndex(index, ends.length);
    return (index == 0 ? 0 : ends[index - 1]) + LENGTH_BYTES;
  }
}
