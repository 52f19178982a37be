package dev.dovetail.models.testing;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/**
 * Tensors of any type with random blocks: all quants, extreme ones too, finite scales of both
 * signs, some zero.
 */
public final class RandomTensors {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private RandomTensors() {}

  public static Tensor tensor(TensorType type, int rows, int cols, Random random) {
    byte[] bytes = new byte[Math.toIntExact(type.bytes((long) rows * cols))];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      int kind = random.nextInt(16);
      if (kind == 0) {
        bytes[i] = 0;
      } else if (kind == 1) {
        bytes[i] = (byte) (random.nextBoolean() ? 0xff : 0x80);
      }
    }
    MemorySegment data = MemorySegment.ofArray(bytes);
    for (long block = 0; block < bytes.length; block += type.blockBytes()) {
      numbers(type, data, block, random);
    }
    return new Tensor(
        "%s %dx%d".formatted(type, rows, cols), type, List.of((long) rows, (long) cols), data);
  }

  /** Replaces the floating-point fields of a block, so that none is infinite. */
  private static void numbers(TensorType type, MemorySegment data, long block, Random random) {
    switch (type) {
      case F32 -> data.set(INT, block, Float.floatToRawIntBits(number(random)));
      case BF16 -> data.set(SHORT, block, (short) (Float.floatToRawIntBits(number(random)) >> 16));
      case F16, Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> half(data, block, random);
      case Q4_1, Q5_1, Q4_K, Q5_K -> {
        half(data, block, random);
        half(data, block + 2, random);
      }
      case Q2_K -> {
        half(data, block + 80, random);
        half(data, block + 82, random);
      }
      case Q3_K -> half(data, block + 108, random);
      case Q6_K -> half(data, block + 208, random);
      case I32 -> throw new IllegalArgumentException("not weights");
    }
  }

  private static void half(MemorySegment data, long offset, Random random) {
    data.set(SHORT, offset, Float.floatToFloat16(number(random)));
  }

  /** Signed; now and then zero, an outlier, or so small that f16 stores a subnormal. */
  public static float number(Random random) {
    float value = (float) random.nextGaussian();
    return switch (random.nextInt(32)) {
      case 0 -> 0;
      case 1 -> value * 1000;
      case 2 -> value * 0x1p-18f;
      default -> value;
    };
  }

  public static float[] activations(int count, Random random) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = number(random);
    }
    return x;
  }
}
