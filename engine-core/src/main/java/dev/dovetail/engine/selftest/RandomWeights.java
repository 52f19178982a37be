package dev.dovetail.engine.selftest;

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

  private RandomWeights() {}

  /** A matrix that lives as long as the arena. */
  static Tensor tensor(TensorType type, int rows, int cols, RandomGenerator random, Arena arena) {
    MemorySegment data = arena.allocate(type.bytes((long) rows * cols), ALIGNMENT);
    if (type.blockSize() > 1) {
      quants(data, random);
    }
    for (long block = 0; block < data.byteSize(); block += type.blockBytes()) {
      numbers(type, data, block, random);
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
      TensorType type, MemorySegment data, long block, RandomGenerator random) {
    switch (type) {
      case F32 -> data.set(INT, block, Float.floatToRawIntBits(number(random)));
      case F16, Q4_0, Q8_0 -> half(data, block, random);
      case Q4_1, Q4_K -> {
        half(data, block, random);
        half(data, block + 2, random);
      }
      case Q6_K -> half(data, block + 208, random);
      case Q5_0, Q5_1, Q2_K, Q3_K, Q5_K, IQ4_NL, IQ4_XS, BF16, I32 ->
          throw new IllegalArgumentException("no random weights of type " + type);
    }
  }

  private static void half(MemorySegment data, long offset, RandomGenerator random) {
    data.set(SHORT, offset, Float.floatToFloat16(number(random)));
  }

  private static float number(RandomGenerator random) {
    return 2 * random.nextFloat() - 1;
  }
}
