package dev.dovetail.models;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A named tensor in a file, or one made from it. Row-major, outermost dimension first: a weight
 * matrix is {@code [rows][cols]} and row r computes output r.
 *
 * @param shape outermost first; a vector has one entry, a single number none
 * @param data exactly the tensor's bytes, little-endian; not modified; lives as long as the file it
 *     was read from. A file's tensors start at an address that is a multiple of their {@linkplain
 *     TensorType#blockBytes() block} where a block is one number (F32, F16, BF16, I32), and of 8
 *     where it is quantised
 */
public record Tensor(String name, TensorType type, List<Long> shape, MemorySegment data) {
  public Tensor {
    shape = List.copyOf(shape);
    long elements = 1;
    for (long extent : shape) {
      elements = Math.multiplyExact(elements, extent);
    }
    if (data.byteSize() != type.bytes(elements)) {
      throw new IllegalArgumentException(
          "tensor '%s' %s %s needs %d bytes, has %d"
              .formatted(name, type, shape, type.bytes(elements), data.byteSize()));
    }
  }

  /** The number of rows: all dimensions but the innermost, multiplied; 1 for a vector. */
  public int rows() {
    long rows = 1;
    for (int i = 0; i < shape.size() - 1; i++) {
      rows *= shape.get(i);
    }
    return Math.toIntExact(rows);
  }

  /** The innermost extent; 1 for a single number. */
  public int cols() {
    return shape.isEmpty() ? 1 : Math.toIntExact(shape.getLast());
  }

  /** Bytes of one row. */
  public long rowBytes() {
    return type.bytes(cols());
  }
}
