package dev.dovetail.engine.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Eight bytes at a time, held in a long with the first byte lowest. Quantised blocks are nearly all
 * "the same few bits of eight neighbouring bytes", which this does in one load and one store, so
 * that unpacking is quick even before the JIT has seen it.
 */
final class PackedBytes {
  private static final long ONES = 0x0101010101010101L;
  private static final long TOPS = 0x8080808080808080L;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private PackedBytes() {}

  static long load(MemorySegment segment, long offset) {
    return segment.get(LONG, offset);
  }

  static int loadInt(MemorySegment segment, long offset) {
    return segment.get(INT, offset);
  }

  static int loadUnsignedShort(MemorySegment segment, long offset) {
    return Short.toUnsignedInt(segment.get(SHORT, offset));
  }

  /** The f16 at an offset, widened exactly. */
  static float loadHalf(MemorySegment segment, long offset) {
    return Float.float16ToFloat(segment.get(SHORT, offset));
  }

  /** Stores a float as f16, rounded to nearest, ties to even. */
  static void storeHalf(MemorySegment segment, long offset, float value) {
    segment.set(SHORT, offset, Float.floatToFloat16(value));
  }

  static void store(byte[] out, int at, long bytes) {
    BYTES.set(out, at, bytes);
  }

  /** Bits {@code shift .. shift + width - 1} of every byte; they must lie inside the byte. */
  static long bits(long bytes, int shift, int width) {
    return (bytes >>> shift) & (((1L << width) - 1) * ONES);
  }

  /** Bits 0 to 7 of {@code mask} as eight bytes of 0 or 1, bit 0 first. */
  static long spread(int mask) {
    long own = ((mask & 0xFFL) * ONES) & 0x8040201008040201L;
    // A byte is 0 or a single bit here; adding 127 carries any bit into the top one and no further.
    return ((own + 0x7F * ONES) >>> 7) & ONES;
  }

  /** Every byte, 0 to 127, less {@code bias}, 0 to 128; the results are signed. */
  static long minus(long bytes, int bias) {
    return ((bytes | TOPS) - bias * ONES) ^ TOPS;
  }

  /** One byte as a signed number; {@code index} 0 to 7. */
  static int signedByte(long bytes, int index) {
    return (byte) (bytes >>> (8 * index));
  }
}
