package dev.dovetail.models.gguf;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.internal.MappedFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What one file holds, checked; a model may be split over several. */
record GgufPart(
    int version, Metadata metadata, EncodedMetadata encodedMetadata, List<Tensor> tensors) {
  static final int MAGIC = 0x46554747;
  private static final int MIN_VERSION = 2;
  static final int MAX_VERSION = 3;
  private static final int DEFAULT_ALIGNMENT = 32;
  static final int MAX_DIMENSIONS = 4;
  private static final int MAX_NAME_BYTES = 1 << 16;
  private static final int MAX_KEYS = 1 << 20;
  private static final int MAX_TENSORS = 1 << 20;

  /** Key length, type, a value of one byte. */
  private static final int MIN_KEY_BYTES = 8 + 4 + 1;

  /** Name length, number of dimensions, one dimension, type, offset. */
  private static final int MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

  /**
   * A tensor as the file describes it, innermost dimension first; {@code at} is where it does so.
   */
  private record Entry(
      String name, TensorType type, List<Long> shape, long elements, long offset, long at) {
    long end() {
      return offset + type.bytes(elements);
    }
  }

  static GgufPart read(MappedFile file) {
    Path path = file.path();
    GgufCursor cursor = new GgufCursor(path, file.bytes());
    int version = version(cursor);
    int tensorCount = cursor.count("the tensor count", MIN_TENSOR_BYTES, MAX_TENSORS);
    int keyCount = cursor.count("the metadata count", MIN_KEY_BYTES, MAX_KEYS);
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, MemorySegment> encoded = new LinkedHashMap<>();
    for (int i = 0; i < keyCount; i++) {
      int at = cursor.position();
      String key = readValue(cursor, values);
      encoded.put(key, file.bytes().asSlice(at, cursor.position() - at));
    }
    Metadata metadata = new Metadata(path, values);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < tensorCount; i++) {
      entries.add(entry(path, cursor));
    }
    int alignment = alignment(path, metadata);
    long dataStart = Math.ceilDiv(cursor.position(), alignment) * (long) alignment;
    checkPlaces(path, entries, alignment, Math.max(0, file.bytes().byteSize() - dataStart));
    List<Tensor> tensors = new ArrayList<>();
    for (Entry entry : entries) {
      MemorySegment data =
          file.bytes().asSlice(dataStart + entry.offset, entry.type.bytes(entry.elements));
      tensors.add(new Tensor(entry.name, entry.type, entry.shape.reversed(), data));
    }
    return new GgufPart(version, metadata, new EncodedMetadata(alignment, encoded), tensors);
  }

  private static int version(GgufCursor cursor) {
    if (cursor.remaining() < 8 || cursor.i32("the magic") != MAGIC) {
      throw cursor.fault(0, "is not a GGUF file: it does not start with 'GGUF' and a version");
    }
    int version = cursor.i32("the version");
    int swapped = Integer.reverseBytes(version);
    if (swapped >= 1 && swapped <= MAX_VERSION) {
      throw cursor.fault(4, "is a big-endian GGUF file; only little-endian ones are read");
    }
    if (version < MIN_VERSION || version > MAX_VERSION) {
      throw cursor.fault(
          4,
          "is GGUF version %s; versions %d and %d are read"
              .formatted(Integer.toUnsignedString(version), MIN_VERSION, MAX_VERSION));
    }
    return version;
  }

  /** Adds the next key and its value. */
  private static String readValue(GgufCursor cursor, Map<String, Object> values) {
    long at = cursor.position();
    String key = cursor.string("a metadata key", MAX_NAME_BYTES);
    if (values.putIfAbsent(key, new GgufValues(cursor).read(key)) != null) {
      throw cursor.fault(at, "metadata key '%s' stands twice".formatted(key));
    }
    return key;
  }

  private static Entry entry(Path path, GgufCursor cursor) {
    long at = cursor.position();
    String name = cursor.string("a tensor's name", MAX_NAME_BYTES);
    int dimensions = cursor.i32(name);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw new ModelFormatException(
          path,
          at,
          name,
          "has %s dimensions; 1 to %d are read"
              .formatted(Integer.toUnsignedString(dimensions), MAX_DIMENSIONS));
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      shape.add(cursor.i64(name));
    }
    int typeId = cursor.i32(name);
    long offset = cursor.i64(name);
    TensorType type =
        TensorType.ofGgufId(typeId)
            .orElseThrow(
                () -> new ModelFormatException(path, at, name, GgufTensorTypes.notRead(typeId)));
    return new Entry(name, type, shape, elements(path, at, name, type, shape), offset, at);
  }

  /**
   * The product of the dimensions, which together with the size in bytes must fit a {@code long}.
   */
  private static long elements(Path path, long at, String name, TensorType type, List<Long> shape) {
    long elements = 1;
    for (long extent : shape) {
      if (extent <= 0 || Math.multiplyHigh(elements, extent) != 0 || elements * extent < 0) {
        throw new ModelFormatException(
            path, at, name, "has the impossible shape " + shape.reversed());
      }
      elements *= extent;
    }
    if (Math.multiplyHigh(elements / type.blockSize(), (long) type.blockBytes()) != 0
        || elements / type.blockSize() * type.blockBytes() < 0) {
      throw new ModelFormatException(
          path, at, name, "has the impossible shape " + shape.reversed());
    }
    if (shape.getFirst() % type.blockSize() != 0) {
      throw new ModelFormatException(
          path,
          at,
          name,
          "has rows of %d values; %s needs a multiple of %d"
              .formatted(shape.getFirst(), type, type.blockSize()));
    }
    return elements;
  }

  private static int alignment(Path path, Metadata metadata) {
    int alignment = metadata.findInteger("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 8 || Integer.bitCount(alignment) != 1) {
      throw new ModelFormatException(
          path,
          "general.alignment is %d; a power of two of at least 8 is wanted".formatted(alignment));
    }
    return alignment;
  }

  /**
   * Each tensor must start at a multiple of the alignment, lie inside the data, and share no byte.
   */
  private static void checkPlaces(Path path, List<Entry> entries, int alignment, long dataSize) {
    for (Entry entry : entries) {
      if (entry.offset < 0 || entry.offset % alignment != 0) {
        throw new ModelFormatException(
            path,
            entry.at,
            entry.name,
            "starts at offset %s of the data, not a multiple of %d"
                .formatted(Long.toUnsignedString(entry.offset), alignment));
      }
      long size = entry.type.bytes(entry.elements);
      if (size > dataSize - entry.offset) {
        throw new ModelFormatException(
            path,
            entry.at,
            entry.name,
            "needs %d bytes from offset %d of the data, of which there are %d; the file is truncated"
                .formatted(size, entry.offset, dataSize));
      }
    }
    List<Entry> ordered = new ArrayList<>(entries);
    ordered.sort(Comparator.comparingLong(Entry::offset));
    for (int i = 1; i < ordered.size(); i++) {
      if (ordered.get(i - 1).end() > ordered.get(i).offset) {
        throw new ModelFormatException(
            path,
            ordered.get(i).at,
            ordered.get(i).name,
            "overlaps tensor '%s'".formatted(ordered.get(i - 1).name));
      }
    }
  }
}
