package dev.dovetail.models.testing;

import dev.dovetail.models.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Random tensors of every type. Quantised blocks are random bytes, every bit used, under scales
 * that make the weights' standard deviation about what is asked for.
 */
public final class TinyWeights {
  private TinyWeights() {}

  /**
   * The bytes of {@code elements} weights, a whole number of blocks.
   *
   * @param deviation wanted standard deviation of the weights
   */
  public static byte[] random(TensorType type, int elements, double deviation, Random random) {
    ByteBuffer out =
        ByteBuffer.allocate(Math.toIntExact(type.bytes(elements))).order(ByteOrder.LITTLE_ENDIAN);
    if (type.blockSize() == 1) {
      for (int i = 0; i < elements; i++) {
        put(out, type, (float) (random.nextGaussian() * deviation));
      }
      return out.array();
    }
    random.nextBytes(out.array());
    for (int block = 0; block < out.capacity(); block += type.blockBytes()) {
      scales(out, block, type, deviation * (0.5 + random.nextDouble()));
    }
    return out.array();
  }

  /** Values as the data of an F32 tensor. */
  public static byte[] bytes(float... values) {
    ByteBuffer out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    out.asFloatBuffer().put(values);
    return out.array();
  }

  private static void put(ByteBuffer out, TensorType type, float value) {
    switch (type) {
      case F32 -> out.putFloat(value);
      case F16 -> out.putShort(Float.floatToFloat16(value));
      case BF16 -> out.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
      default -> throw new IllegalArgumentException(type + " holds no weights");
    }
  }

  /**
   * Overwrites the scales of a block. Each divisor is the root mean square of what the scale
   * multiplies when all its bits are random; each minimum moves the mean to zero.
   */
  private static void scales(ByteBuffer out, int block, TensorType type, double deviation) {
    switch (type) {
      case Q4_0 -> f16(out, block, deviation / 4.6);
      case Q4_1 -> {
        f16(out, block, deviation / 4.6);
        f16(out, block + 2, -7.5 * deviation / 4.6);
      }
      case Q5_0 -> f16(out, block, deviation / 9.2);
      case Q5_1 -> {
        f16(out, block, deviation / 9.2);
        f16(out, block + 2, -15.5 * deviation / 9.2);
      }
      case Q8_0 -> f16(out, block, deviation / 74);
      case Q2_K -> {
        f16(out, block + 80, deviation / 13.9);
        f16(out, block + 82, 1.5 * deviation / 13.9);
      }
      case Q3_K -> f16(out, block + 108, deviation / 43);
      case Q4_K -> {
        f16(out, block, deviation / 258);
        f16(out, block + 2, 7.5 * deviation / 258);
      }
      case Q5_K -> {
        f16(out, block, deviation / 526);
        f16(out, block + 2, 15.5 * deviation / 526);
      }
      case Q6_K -> f16(out, block + 208, deviation / 1367);
      case IQ4_NL -> f16(out, block, deviation / 67);
      case IQ4_XS -> f16(out, block, deviation / 1247);
      case F32, F16, BF16, I32 -> throw new IllegalArgumentException(type + " has no scales");
    }
  }

  private static void f16(ByteBuffer out, int position, double value) {
    out.putShort(position, Float.floatToFloat16((float) value));
  }
}
