package dev.dovetail.engine.selftest;

import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.random.RandomGenerator;

/** Weights of the types that a GPU has kernels for: any quants, scales of both signs below 1. */
final class RandomWeights {
  static final List<TensorType> TYPES =
      List.of(
          TensorType.Q4_0,
          TensorType.Q4_1,
          TensorType.Q8_0,
          TensorType.Q4_K,
          TensorType.Q6_K,
          TensorType.F16,
          TensorType.F32);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int ALIGNMENT = 64;

  /**
   * Numbers until they repeat: whole blocks of every type, and so many that few rows of a matrix
   * are the same, as 4097 shares no factor with the usual widths.
   */
  private static final int SAMPLE = 4097 * 256;

  private RandomWeights() {}

  /** A matrix that lives as long as the arena. */
  static Tensor tensor(TensorType type, int rows, int cols, RandomGenerator random, Arena arena) {
    return tensor(type, rows, cols, 1, random, arena);
  }

  /**
   * Random numbers over and over, which are made faster than a number at a time.
   *
   * @param elements a multiple of the type's block
   * @param size root of their mean square
   */
  static MemorySegment repeated(
      TensorType type, long elements, double size, RandomGenerator random, Arena arena) {
    float[] values = Dequantize.all(tensor(type, 1, SAMPLE, random, arena));
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    float largest = (float) (size / Math.sqrt(squares / SAMPLE));
    MemorySegment sample = tensor(type, 1, SAMPLE, largest, random, arena).data();
    MemorySegment data = arena.allocate(type.bytes(elements), ALIGNMENT);
    for (long at = 0; at < data.byteSize(); at += sample.byteSize()) {
      long count = Math.min(sample.byteSize(), data.byteSize() - at);
      MemorySegment.copy(sample, 0, data, at, count);
    }
    return data;
  }

  /**
   * A matrix.
   *
   * @param largest size of a scale, or of a number that has none
   */
  private static Tensor tensor(
      TensorType type, int rows, int cols, float largest, RandomGenerator random, Arena arena) {
    MemorySegment data = arena.allocate(type.bytes((long) rows * cols), ALIGNMENT);
    if (type.blockSize() > 1) {
      quants(data, random);
    }
    for (long block = 0; block < data.byteSize(); block += type.blockBytes()) {
      numbers(type, data, block, largest, random);
    }
    return new Tensor("random %s".formatted(type), type, List.of((long) rows, (long) cols), data);
  }

  private static void quants(MemorySegment data, RandomGenerator random) {
    byte[] bytes = new byte[1 << 16];
    for (long at = 0; at < data.byteSize(); at += bytes.length) {
      random.nextBytes(bytes);
      int count = (int) Math.min(bytes.length, data.byteSize() - at);
      MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, at, count);
    }
  }

  /** Writes the floating-point fields of a block, so that all are finite. */
  private static void numbers(
      TensorType type, MemorySegment data, long block, float largest, RandomGenerator random) {
    switch (type) {
      case F32 -> data.set(INT, block, Float.floatToRawIntBits(largest * number(random)));
      case F16, Q4_0, Q8_0 -> half(data, block, largest, random);
      case Q4_1, Q4_K -> {
        half(data, block, largest, random);
        half(data, block + 2, largest, random);
      }
      case Q6_K -> half(data, block + 208, largest, random);
      case Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, IQ4_XS, BF16, I32 ->
          throw new IllegalArgumentException("no random weights of type " + type);
    }
  }

  private static void half(MemorySegment data, long offset, float largest, RandomGenerator random) {
    data.set(SHORT, offset, Float.floatToFloat16(largest * number(random)));
  }

  private static float number(RandomGenerator random) {
    return 2 * random.nextFloat() - 1;
  }
}
