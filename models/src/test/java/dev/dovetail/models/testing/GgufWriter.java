package dev.dovetail.models.testing;

import dev.dovetail.models.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Writes small GGUF files for tests, valid ones unless told otherwise.
 *
 * <p>A value's Java type decides its GGUF type: Integer u32 (i32 if negative), Long u64 (i64 if
 * negative), Byte i8, Short i16, Float f32, Double f64, Boolean, String; {@code byte[]} u8, {@code
 * short[]} i16, {@code int[]} i32, {@code long[]} i64, {@code float[]}, {@code double[]}, {@code
 * boolean[]}, {@code List<String>}.
 */
public final class GgufWriter {
  private static final int ARRAY = 9;
  private static final int STRING = 8;
  private static final long PACKED = -1;

  private record Entry(String name, int typeId, long[] dims, byte[] data, long offset) {}

  private final int version;
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final List<Entry> tensors = new ArrayList<>();

  public GgufWriter(int version) {
    this.version = version;
  }

  public GgufWriter() {
    this(3);
  }

  public GgufWriter put(String key, Object value) {
    metadata.put(key, value);
    return this;
  }

  public GgufWriter remove(String key) {
    metadata.remove(key);
    return this;
  }

  /** Adds a tensor after the others; shape outermost first. */
  public GgufWriter tensor(String name, TensorType type, List<Long> shape, byte[] data) {
    long[] dims = shape.reversed().stream().mapToLong(Long::longValue).toArray();
    return rawTensor(name, type.ggufId(), dims, data, PACKED);
  }

  /**
   * Adds a tensor with whatever fields, sense or not.
   *
   * @param dims innermost first
   * @param offset what the file says of its place in the data
   */
  public GgufWriter rawTensor(String name, int typeId, long[] dims, byte[] data, long offset) {
    tensors.add(new Entry(name, typeId, dims, data, offset));
    return this;
  }

  /** Replaces a tensor by one of another type, shape or content, in its place. */
  public GgufWriter replace(String name, TensorType type, List<Long> shape, byte[] data) {
    long[] dims = shape.reversed().stream().mapToLong(Long::longValue).toArray();
    tensors.replaceAll(
        old -> old.name.equals(name) ? new Entry(name, type.ggufId(), dims, data, PACKED) : old);
    return this;
  }

  public GgufWriter removeTensor(String name) {
    tensors.removeIf(entry -> entry.name.equals(name));
    return this;
  }

  public void write(Path path) throws IOException {
    Files.write(path, toBytes());
  }

  /**
   * Writes the model as split files beside each other, {@code name-00001-of-0000N.gguf}.
   *
   * @return the parts, in order
   */
  public List<Path> writeSplit(Path folder, String name, int parts) throws IOException {
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      GgufWriter part = new GgufWriter(version);
      if (i == 0) {
        part.metadata.putAll(metadata);
      }
      part.put("split.no", (short) i)
          .put("split.count", (short) parts)
          .put("split.tensors.count", tensors.size());
      int from = tensors.size() * i / parts;
      int to = tensors.size() * (i + 1) / parts;
      part.tensors.addAll(tensors.subList(from, to));
      Path path = folder.resolve("%s-%05d-of-%05d.gguf".formatted(name, i + 1, parts));
      part.write(path);
      paths.add(path);
    }
    return paths;
  }

  public byte[] toBytes() {
    int alignment = (int) metadata.getOrDefault("general.alignment", 32);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    i32(out, version);
    i64(out, tensors.size());
    i64(out, metadata.size());
    metadata.forEach((key, value) -> {
      string(out, key);
      value(out, value);
    });
    long offset = 0;
    for (Entry entry : tensors) {
      string(out, entry.name);
      i32(out, entry.dims.length);
      LongStream.of(entry.dims).forEach(extent -> i64(out, extent));
      i32(out, entry.typeId);
      i64(out, entry.offset == PACKED ? offset : entry.offset);
      offset += Math.ceilDiv(entry.data.length, alignment) * (long) alignment;
    }
    pad(out, alignment);
    for (Entry entry : tensors) {
      out.writeBytes(entry.data);
      pad(out, alignment);
    }
    return out.toByteArray();
  }

  private static void value(ByteArrayOutputStream out, Object value) {
    switch (value) {
      case Byte v -> typed(out, 1, ByteBuffer.allocate(1).put(v));
      case Short v -> typed(out, 3, buffer(2).putShort(v));
      case Integer v -> typed(out, v < 0 ? 5 : 4, buffer(4).putInt(v));
      case Long v -> typed(out, v < 0 ? 11 : 10, buffer(8).putLong(v));
      case Float v -> typed(out, 6, buffer(4).putFloat(v));
      case Double v -> typed(out, 12, buffer(8).putDouble(v));
      case Boolean v -> typed(out, 7, buffer(1).put((byte) (v ? 1 : 0)));
      case String v -> {
        i32(out, STRING);
        string(out, v);
      }
      case List<?> v -> {
        array(out, STRING, v.size());
        v.forEach(element -> string(out, (String) element));
      }
      case byte[] v -> {
        array(out, 0, v.length);
        out.writeBytes(v);
      }
      case boolean[] v -> {
        array(out, 7, v.length);
        for (boolean element : v) {
          out.write(element ? 1 : 0);
        }
      }
      case short[] v -> {
        array(out, 3, v.length);
        ByteBuffer bytes = buffer(2 * v.length);
        bytes.asShortBuffer().put(v);
        out.writeBytes(bytes.array());
      }
      case int[] v -> {
        array(out, 5, v.length);
        ByteBuffer bytes = buffer(4 * v.length);
        bytes.asIntBuffer().put(v);
        out.writeBytes(bytes.array());
      }
      case long[] v -> {
        array(out, 11, v.length);
        ByteBuffer bytes = buffer(8 * v.length);
        bytes.asLongBuffer().put(v);
        out.writeBytes(bytes.array());
      }
      case float[] v -> {
        array(out, 6, v.length);
        ByteBuffer bytes = buffer(4 * v.length);
        bytes.asFloatBuffer().put(v);
        out.writeBytes(bytes.array());
      }
      case double[] v -> {
        array(out, 12, v.length);
        ByteBuffer bytes = buffer(8 * v.length);
        bytes.asDoubleBuffer().put(v);
        out.writeBytes(bytes.array());
      }
      default -> throw new IllegalArgumentException("no GGUF type for " + value.getClass());
    }
  }

  private static void typed(ByteArrayOutputStream out, int type, ByteBuffer value) {
    i32(out, type);
    out.writeBytes(value.array());
  }

  private static void array(ByteArrayOutputStream out, int type, int count) {
    i32(out, ARRAY);
    i32(out, type);
    i64(out, count);
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    i64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void i32(ByteArrayOutputStream out, int value) {
    out.writeBytes(buffer(4).putInt(value).array());
  }

  private static void i64(ByteArrayOutputStream out, long value) {
    out.writeBytes(buffer(8).putLong(value).array());
  }

  private static void pad(ByteArrayOutputStream out, int alignment) {
    while (out.size() % alignment != 0) {
      out.write(0);
    }
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
