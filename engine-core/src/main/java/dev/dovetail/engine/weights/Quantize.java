package dev.dovetail.engine.weights;

import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Rounds f32 to F16, Q8_0 and Q4_0, or stores it as F32: the way back from {@link Dequantize}. The
 * bits are those of the {@code gguf} Python package: F16 rounds to nearest, ties to even; Q8_0 and
 * Q4_0 as {@link Q80Encoder} and {@link Q40Encoder} say.
 *
 * <p>Stateless; safe for use by several threads.
 */
public final class Quantize {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final QuantEncoder Q8_0 = new Q80Encoder();
  private static final QuantEncoder Q4_0 = new Q40Encoder();

  /** What rounds to an infinite f16: half a step above the largest, 65504. */
  private static final float F16_END = 65520;

  private Quantize() {}

  /**
   * The first weight that a type cannot hold: one that is not finite, or so large that it, or its
   * block's scale, would round to an infinite f16.
   *
   * @param type F32, F16, Q8_0 or Q4_0
   * @param values holds {@code count} weights from {@code from} on; not modified
   * @return an index into {@code values}, or -1 where all fit
   * @throws IllegalArgumentException if another type is asked for
   */
  public static int firstUnfit(TensorType type, float[] values, int from, int count) {
    float end =
        switch (type) {
          case F32 -> Float.POSITIVE_INFINITY;
          case F16 -> F16_END;
          default -> F16_END * encoder(type).reach();
        };
    for (int i = from; i < from + count; i++) {
      if (!(Math.abs(values[i]) < end)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Encodes a run of weights.
   *
   * @param type F32, F16, Q8_0 or Q4_0
   * @param values holds {@code count} weights from {@code from} on; not modified
   * @param count a multiple of the type's block size
   * @param out receives {@code type.bytes(count)} bytes from {@code offset} on
   * @throws IllegalArgumentException if another type is asked for, {@code count} splits a block, or
   *     there is a {@link #firstUnfit} weight
   * @throws IndexOutOfBoundsException if the weights or their place do not exist
   */
  public static void elements(
      TensorType type, float[] values, int from, int count, MemorySegment out, long offset) {
    Objects.checkFromIndexSize(from, count, values.length);
    Objects.checkFromIndexSize(offset, type.bytes(count), out.byteSize());
    if (count % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "%d weights split a block; %s has blocks of %d".formatted(count, type, type.blockSize()));
    }
    int unfit = firstUnfit(type, values, from, count);
    if (unfit >= 0) {
      throw new IllegalArgumentException(
          "the weight at %d is %s, which %s cannot hold".formatted(unfit, values[unfit], type));
    }
    switch (type) {
      case F32 -> MemorySegment.copy(values, from, out, FLOAT, offset, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          PackedBytes.storeHalf(out, offset + 2L * i, values[from + i]);
        }
      }
      default -> {
        QuantEncoder encoder = encoder(type);
        for (int done = 0; done < count; done += type.blockSize()) {
          encoder.encode(values, from + done, out, offset + type.bytes(done));
        }
      }
    }
  }

  private static QuantEncoder encoder(TensorType type) {
    return switch (type) {
      case Q8_0 -> Q8_0;
      case Q4_0 -> Q4_0;
      default -> throw new IllegalArgumentException("weights are not rounded to " + type);
    };
  }
}
