package dev.dovetail.gpu.device;

import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;

/**
 * How weights of one type are laid out for the kernels ({@code weights.cuh}): the fields of a block
 * go to planes of their own. No value changes; but for types without kernels, which widen to f32,
 * no byte is added.
 *
 * @param type as it lies on the GPU
 * @param blockSize weights of a block
 * @param planeBytes bytes of a block in each plane
 */
record WeightPlanes(TensorType type, int blockSize, List<Integer> planeBytes) {
  /** Columns of a unit, which one lane reads at a time. */
  static final int UNIT = 8;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long LOWER = 0x0f0f0f0f0f0f0f0fL;
  private static final long UPPER = LOWER << 4;
  private static final long TWO_BITS = 0x0303030303030303L;

  /** The layout for a type in a file. */
  static WeightPlanes of(TensorType type) {
    return switch (type) {
      case Q4_0 -> new WeightPlanes(type, 32, List.of(16, 2));
      case Q4_1 -> new WeightPlanes(type, 32, List.of(16, 4));
      case Q8_0 -> new WeightPlanes(type, 32, List.of(32, 2));
      case Q4_K -> new WeightPlanes(type, 256, List.of(128, 12, 4));
      case Q6_K -> new WeightPlanes(type, 256, List.of(128, 64, 16, 2));
      case F16 -> new WeightPlanes(type, UNIT, List.of(2 * UNIT));
      default -> new WeightPlanes(TensorType.F32, UNIT, List.of(4 * UNIT));
    };
  }

  /** The type's name in the kernels' names. */
  String name() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /** Blocks of a row, the last one filled up with zeros. */
  int blocks(int cols) {
    return (cols - 1) / blockSize + 1;
  }

  /** Bytes of a plane for so many rows. */
  long bytes(int plane, long rows, int cols) {
    return rows * blocks(cols) * planeBytes.get(plane);
  }

  /**
   * Lays out rows.
   *
   * @param tensor of the file's type
   * @param first the first row
   * @param planes for each plane room for {@code rows} rows of it, zeros
   */
  void split(Tensor tensor, int first, int rows, List<MemorySegment> planes) {
    if (type == TensorType.F32) {
      float[] row = new float[tensor.cols()];
      for (int i = 0; i < rows; i++) {
        Dequantize.row(tensor, first + i, row, 0);
        long at = bytes(0, i, tensor.cols());
        MemorySegment.copy(row, 0, planes.getFirst(), FLOAT, at, row.length);
      }
      return;
    }
    MemorySegment from = tensor.data();
    if (type == TensorType.F16) {
      for (int i = 0; i < rows; i++) {
        long at = (first + i) * tensor.rowBytes();
        MemorySegment.copy(
            from, at, planes.getFirst(), bytes(0, i, tensor.cols()), tensor.rowBytes());
      }
      return;
    }
    long blocks = (long) rows * blocks(tensor.cols());
    for (long i = 0; i < blocks; i++) {
      split(from, first * tensor.rowBytes() + i * type.blockBytes(), i, planes);
    }
  }

  private void split(MemorySegment from, long at, long i, List<MemorySegment> to) {
    MemorySegment words = to.get(0);
    MemorySegment second = to.get(1);
    switch (type) {
      case Q4_0 -> {
        nibbles(from, at + 2, words, 16 * i, 2);
        second.set(SHORT, 2 * i, from.get(SHORT, at));
      }
      case Q4_1 -> {
        nibbles(from, at + 4, words, 16 * i, 2);
        second.set(INT, 4 * i, from.get(INT, at));
      }
      case Q8_0 -> {
        MemorySegment.copy(from, at + 2, words, 32 * i, 32);
        second.set(SHORT, 2 * i, from.get(SHORT, at));
      }
      case Q4_K -> {
        for (long chunk = 0; chunk < 4; chunk++) {
          nibbles(from, at + 16 + 32 * chunk, words, 128 * i + 32 * chunk, 4);
        }
        MemorySegment.copy(from, at + 4, second, 12 * i, 12);
        to.get(2).set(INT, 4 * i, from.get(INT, at));
      }
      case Q6_K -> {
        for (long half = 0; half < 2; half++) {
          nibbles(from, at + 64 * half, words, 128 * i + 64 * half, 8);
          for (long unit = 0; unit < 16; unit++) {
            long bits = from.get(LONG, at + 128 + 32 * half + unit % 4 * UNIT);
            long mask = TWO_BITS << (int) (2 * (unit / 4));
            second.set(SHORT, 64 * i + 32 * half + 2 * unit, (short) Long.compress(bits, mask));
          }
        }
        MemorySegment.copy(from, at + 192, to.get(2), 16 * i, 16);
        to.get(3).set(SHORT, 2 * i, from.get(SHORT, at + 208));
      }
      default -> throw new IllegalStateException("no planes for " + type);
    }
  }

  /**
   * Writes the lower nibbles of eight bytes after the other as words, then the upper ones.
   *
   * @param units words of each half
   */
  private static void nibbles(MemorySegment from, long at, MemorySegment to, long out, int units) {
    for (int unit = 0; unit < units; unit++) {
      long bytes = from.get(LONG, at + (long) unit * UNIT);
      to.set(INT, out + 4L * unit, (int) Long.compress(bytes, LOWER));
      to.set(INT, out + 4L * (units + unit), (int) Long.compress(bytes, UPPER));
    }
  }
}
