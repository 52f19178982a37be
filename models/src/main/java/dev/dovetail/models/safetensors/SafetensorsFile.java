package dev.dovetail.models.safetensors;

import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.internal.MappedFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file, memory-mapped and validated: tensors of F32, F16, BF16 and I32; a file with
 * any other is refused. Safe for use by several threads.
 */
public final class SafetensorsFile implements TensorFile {
  private static final ValueLayout.OfLong HEADER_SIZE =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MAX_HEADER_BYTES = 100_000_000;

  private final MappedFile file;
  private final Map<String, String> metadata;
  private final Map<String, Tensor> tensors;

  private SafetensorsFile(
      MappedFile file, Map<String, String> metadata, Map<String, Tensor> tensors) {
    this.file = file;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = tensors;
  }

  /**
   * Opens and checks a file.
   *
   * @throws ModelFormatException if it is damaged, hostile, or holds a tensor of a type that is not
   *     read
   * @throws java.io.UncheckedIOException if it cannot be read
   */
  public static SafetensorsFile open(Path path) {
    MappedFile file = MappedFile.open(path);
    try {
      return read(file);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static SafetensorsFile read(MappedFile file) {
    Path path = file.path();
    MemorySegment bytes = file.bytes();
    long left = bytes.byteSize() - Long.BYTES;
    long size = left < 0 ? -1 : bytes.get(HEADER_SIZE, 0);
    if (size < 2 || size > left || size > MAX_HEADER_BYTES) {
      throw new ModelFormatException(
          path,
          0,
          null,
          "is not a safetensors file, or truncated: a header of %s bytes in a file of %d"
              .formatted(Long.toUnsignedString(size), bytes.byteSize()));
    }
    byte[] json = bytes.asSlice(Long.BYTES, size).toArray(ValueLayout.JAVA_BYTE);
    SafetensorsHeader header = SafetensorsHeader.parse(path, json);
    long dataStart = Long.BYTES + size;
    checkPlaces(path, header.entries(), bytes.byteSize() - dataStart);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      MemorySegment data =
          file.aligned(
              dataStart + entry.begin(), entry.end() - entry.begin(), entry.type().blockBytes());
      tensors.put(entry.name(), new Tensor(entry.name(), entry.type(), entry.shape(), data));
    }
    return new SafetensorsFile(file, header.metadata(), tensors);
  }

  /** The data must be covered by the tensors without a gap and without a byte shared. */
  private static void checkPlaces(Path path, List<SafetensorsHeader.Entry> entries, long dataSize) {
    List<SafetensorsHeader.Entry> ordered = new ArrayList<>(entries);
    ordered.sort(
        Comparator.comparingLong(SafetensorsHeader.Entry::begin)
            .thenComparingLong(SafetensorsHeader.Entry::end));
    long covered = 0;
    for (SafetensorsHeader.Entry entry : ordered) {
      if (entry.begin() != covered) {
        throw SafetensorsHeader.fault(
            path,
            entry.name(),
            "starts at offset %d of the data, where %d was wanted: tensors overlap or leave a gap"
                .formatted(entry.begin(), covered));
      }
      if (entry.end() > dataSize) {
        throw SafetensorsHeader.fault(
            path,
            entry.name(),
            "ends at offset %d of the data, of which there are %d bytes; the file is truncated"
                .formatted(entry.end(), dataSize));
      }
      covered = entry.end();
    }
    if (covered != dataSize) {
      throw new ModelFormatException(
          path, "holds %d bytes of data, of which tensors use %d".formatted(dataSize, covered));
    }
  }

  /** The header's {@code __metadata__}. */
  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public List<Tensor> tensors() {
    return List.copyOf(tensors.values());
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  @Override
  public void close() {
    file.close();
  }
}
