package dev.dovetail.models.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The values of a GGUF file's metadata; {@link Metadata} says which Java types they become. */
final class GgufValues {
  private static final int U8 = 0;
  private static final int I8 = 1;
  private static final int U16 = 2;
  private static final int I16 = 3;
  private static final int U32 = 4;
  private static final int I32 = 5;
  private static final int F32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int U64 = 10;
  private static final int I64 = 11;
  private static final int F64 = 12;

  private static final int MAX_STRING_BYTES = 1 << 24;
  private static final int MAX_ELEMENTS = 1 << 24;

  private final GgufCursor cursor;

  GgufValues(GgufCursor cursor) {
    this.cursor = cursor;
  }

  /** The value of {@code key}, which starts with its type. */
  Object read(String key) {
    long at = cursor.position();
    int type = cursor.i32("the type of " + key);
    return switch (type) {
      case U8 -> (long) cursor.u8(key);
      case I8 -> (long) (byte) cursor.u8(key);
      case U16 -> Short.toUnsignedLong(cursor.i16(key));
      case I16 -> (long) cursor.i16(key);
      case U32 -> Integer.toUnsignedLong(cursor.i32(key));
      case I32 -> (long) cursor.i32(key);
      case U64, I64 -> cursor.i64(key);
      case F32 -> (double) cursor.f32(key);
      case F64 -> cursor.f64(key);
      case BOOL -> cursor.u8(key) != 0;
      case STRING -> cursor.string(key, MAX_STRING_BYTES);
      case ARRAY -> array(key);
      default -> throw unknown(at, type, key);
    };
  }

  private Object array(String key) {
    long at = cursor.position();
    int type = cursor.i32("the element type of " + key);
    return switch (type) {
      case U8 -> integers(key, 1, 0xff);
      case I8 -> integers(key, 1, -1);
      case U16 -> integers(key, 2, 0xffff);
      case I16 -> integers(key, 2, -1);
      case I32 -> {
        int[] values = new int[count(key, 4)];
        MemorySegment.copy(
            cursor.bytes(), GgufCursor.INT, skip(key, values.length, 4), values, 0, values.length);
        yield values;
      }
      case U32 -> {
        long[] values = new long[count(key, 4)];
        long start = skip(key, values.length, 4);
        for (int i = 0; i < values.length; i++) {
          values[i] = Integer.toUnsignedLong(cursor.bytes().get(GgufCursor.INT, start + 4L * i));
        }
        yield values;
      }
      case U64, I64 -> {
        long[] values = new long[count(key, 8)];
        MemorySegment.copy(
            cursor.bytes(), GgufCursor.LONG, skip(key, values.length, 8), values, 0, values.length);
        yield values;
      }
      case F32 -> {
        float[] values = new float[count(key, 4)];
        MemorySegment.copy(
            cursor.bytes(), GgufCursor.FLOAT, skip(key, values.length, 4), values, 0, values.length);
        yield values;
      }
      case F64 -> {
        double[] values = new double[count(key, 8)];
        MemorySegment.copy(
            cursor.bytes(), GgufCursor.DOUBLE, skip(key, values.length, 8), values, 0, values.length);
        yield values;
      }
      case BOOL -> {
        boolean[] values = new boolean[count(key, 1)];
        long start = skip(key, values.length, 1);
        for (int i = 0; i < values.length; i++) {
          values[i] = cursor.bytes().get(ValueLayout.JAVA_BYTE, start + i) != 0;
        }
        yield values;
      }
      case STRING -> GgufStrings.read(cursor, "elements of " + key);
      case ARRAY ->
          throw cursor.fault(at, "'%s' is an array of arrays, which no model uses".formatted(key));
      default -> throw unknown(at, type, key);
    };
  }

  /** Integers of one or two bytes; {@code mask} is -1 for signed ones. */
  private int[] integers(String key, int width, int mask) {
    int[] values = new int[count(key, width)];
    long start = skip(key, values.length, width);
    for (int i = 0; i < values.length; i++) {
      int value =
          width == 1
              ? cursor.bytes().get(ValueLayout.JAVA_BYTE, start + i)
              : cursor.bytes().get(GgufCursor.SHORT, start + 2L * i);
      values[i] = value & mask;
    }
    return values;
  }

  private int count(String key, int width) {
    return cursor.count("elements of " + key, width, MAX_ELEMENTS);
  }

  private long skip(String key, int count, int width) {
    return cursor.advance((long) count * width, key);
  }

  private RuntimeException unknown(long at, int type, String key) {
    return cursor.fault(
        at,
        "'%s' has value type %s; GGUF knows 0 to 12, so the file is damaged"
            .formatted(key, Integer.toUnsignedString(type)));
  }
}
