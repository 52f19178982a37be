package dev.dovetail.models.gguf;

import java.nio.ByteBuffer;

/** The values of a GGUF file's metadata; {@link Metadata} says which Java types they become. */
final class GgufValues {
  private static final int U8 = 0;
  private static final int I8 = 1;
  private static final int U16 = 2;
  private static final int I16 = 3;
  static final int U32 = 4;
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
    int type = cursor.i32(key);
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
    int type = cursor.i32(key);
    return switch (type) {
      case U8 -> bytes(key, 0xff);
      case I8 -> bytes(key, -1);
      case U16 -> shorts(key, 0xffff);
      case I16 -> shorts(key, -1);
      case U32 -> unsigned(key);
      case I32 -> {
        int[] values = new int[count(key, 4)];
        cursor.elements(values.length, 4, key).asIntBuffer().get(values);
        yield values;
      }
      case U64, I64 -> {
        long[] values = new long[count(key, 8)];
        cursor.elements(values.length, 8, key).asLongBuffer().get(values);
        yield values;
      }
      case F32 -> {
        float[] values = new float[count(key, 4)];
        cursor.elements(values.length, 4, key).asFloatBuffer().get(values);
        yield values;
      }
      case F64 -> {
        double[] values = new double[count(key, 8)];
        cursor.elements(values.length, 8, key).asDoubleBuffer().get(values);
        yield values;
      }
      case BOOL -> {
        boolean[] values = new boolean[count(key, 1)];
        ByteBuffer elements = cursor.elements(values.length, 1, key);
        for (int i = 0; i < values.length; i++) {
          values[i] = elements.get(i) != 0;
        }
        yield values;
      }
      case STRING -> GgufStrings.read(cursor, key);
      case ARRAY ->
          throw cursor.fault(at, "'%s' is an array of arrays, which no model uses".formatted(key));
      default -> throw unknown(at, type, key);
    };
  }

  /** Integers of one byte; {@code mask} is -1 for signed ones. */
  private int[] bytes(String key, int mask) {
    int[] values = new int[count(key, 1)];
    ByteBuffer elements = cursor.elements(values.length, 1, key);
    for (int i = 0; i < values.length; i++) {
      values[i] = elements.get(i) & mask;
    }
    return values;
  }

  /** Integers of two bytes; {@code mask} is -1 for signed ones. */
  private int[] shorts(String key, int mask) {
    int[] values = new int[count(key, 2)];
    ByteBuffer elements = cursor.elements(values.length, 2, key);
    for (int i = 0; i < values.length; i++) {
      values[i] = elements.getShort(2 * i) & mask;
    }
    return values;
  }

  private long[] unsigned(String key) {
    long[] values = new long[count(key, 4)];
    ByteBuffer elements = cursor.elements(values.length, 4, key);
    for (int i = 0; i < values.length; i++) {
      values[i] = Integer.toUnsignedLong(elements.getInt(4 * i));
    }
    return values;
  }

  private int count(String key, int width) {
    return cursor.count(key, width, MAX_ELEMENTS);
  }

  private RuntimeException unknown(long at, int type, String key) {
    return cursor.fault(
        at,
        "'%s' has value type %s; GGUF knows 0 to 12, so the file is damaged"
            .formatted(key, Integer.toUnsignedString(type)));
  }
}
