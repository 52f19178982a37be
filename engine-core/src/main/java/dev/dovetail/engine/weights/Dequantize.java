package dev.dovetail.engine.weights;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Tensors as f32. Every value is bit-exact: F32, F16 and BF16 widen without loss, and a quantised
 * weight, {@code scale * q + min}, equals the dequantisation of the {@code gguf} Python package in
 * every bit. The product needs at most 24 bits in every type, so it is exact; only the sum rounds,
 * and a fused multiply-add gives the same.
 *
 * <p>Stateless; safe for use by several threads.
 */
public final class Dequantize {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The longest array that every JVM can make. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private Dequantize() {}

  /** Room for the integers, scales and mins of one block; none for unquantised types. */
  record Block(byte[] quants, float[] scales, float[] mins) {
    static Block of(TensorType type) {
      int size = type.blockSize();
      int groups = size == 1 ? 0 : size / QuantFormats.of(type).groupSize();
      return new Block(new byte[size], new float[groups], new float[groups]);
    }
  }

  /**
   * A whole tensor, row-major, in a new array.
   *
   * @param tensor of any type but I32
   * @throws IllegalArgumentException if the type is I32, or no array can hold the elements
   */
  public static float[] all(Tensor tensor) {
    long count = count(tensor);
    if (count > MAX_ARRAY) {
      throw new IllegalArgumentException(
          "tensor '%s' has %d elements, more than an array holds; read it row by row"
              .formatted(tensor.name(), count));
    }
    float[] out = new float[(int) count];
    elements(tensor, 0, out.length, out, 0);
    return out;
  }

  /**
   * One row of a matrix; a vector has the one row 0.
   *
   * @param tensor of any type but I32
   * @param row 0 to {@code tensor.rows() - 1}
   * @param out receives {@code tensor.cols()} values from {@code at} on
   * @throws IllegalArgumentException if the type is I32, or the row does not begin and end with a
   *     block
   * @throws IndexOutOfBoundsException if the row, or its place in {@code out}, does not exist
   */
  public static void row(Tensor tensor, long row, float[] out, int at) {
    new RowReader(tensor).read(row, out, at);
  }

  /**
   * A run of elements in row-major order, over the ends of rows.
   *
   * @param tensor of any type but I32
   * @param from the first element; a multiple of the type's block size
   * @param count how many; a multiple of the type's block size
   * @param out receives {@code count} values from {@code at} on
   * @throws IllegalArgumentException if the type is I32, or {@code from} or {@code count} splits a
   *     block
   * @throws IndexOutOfBoundsException if the elements, or their place in {@code out}, do not exist
   */
  public static void elements(Tensor tensor, long from, int count, float[] out, int at) {
    elements(tensor, from, count, out, at, Block.of(tensor.type()));
  }

  static void elements(Tensor tensor, long from, int count, float[] out, int at, Block block) {
    TensorType type = tensor.type();
    int blockSize = type.blockSize();
    if (from % blockSize != 0 || count % blockSize != 0) {
      throw new IllegalArgumentException(
          "tensor '%s': elements %d to %d split a block; %s is read in blocks of %d"
              .formatted(tensor.name(), from, from + count, type, blockSize));
    }
    Objects.checkFromIndexSize(from, (long) count, count(tensor));
    Objects.checkFromIndexSize(at, count, out.length);

    MemorySegment data = tensor.data();
    long offset = type.bytes(from);
    switch (type) {
      case F32 -> MemorySegment.copy(data, FLOAT, offset, out, at, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] = PackedBytes.loadHalf(data, offset + 2L * i);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          out[at + i] =
              Float.intBitsToFloat(PackedBytes.loadUnsignedShort(data, offset + 2L * i) << 16);
        }
      }
      case I32 ->
          throw new IllegalArgumentException(
              "tensor '%s' holds integers (I32), not weights".formatted(tensor.name()));
      default -> blocks(type, data, offset, count, out, at, block);
    }
  }

  private static long count(Tensor tensor) {
    TensorType type = tensor.type();
    return tensor.data().byteSize() / type.blockBytes() * type.blockSize();
  }

  private static void blocks(
      TensorType type,
      MemorySegment data,
      long offset,
      int count,
      float[] out,
      int at,
      Block block) {
    QuantFormat format = QuantFormats.of(type);
    int blockSize = type.blockSize();
    for (int done = 0; done < count; done += blockSize) {
      format.decode(data, offset, block.quants, 0, block.scales, block.mins, 0);
      widen(format, block.quants, block.scales, block.mins, out, at + done);
      offset += type.blockBytes();
    }
  }

  private static void widen(
      QuantFormat format, byte[] quants, float[] scales, float[] mins, float[] out, int at) {
    int groupSize = format.groupSize();
    for (int group = 0; group < scales.length; group++) {
      int first = group * groupSize;
      if (format.hasMin()) {
        for (int i = first; i < first + groupSize; i++) {
          out[at + i] = scales[group] * quants[i] + mins[group];
        }
      } else {
        // Adding a zero would turn -0 into +0.
        for (int i = first; i < first + groupSize; i++) {
          out[at + i] = scales[group] * quants[i];
        }
      }
    }
  }
}
