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
   * Encodes a run of weights.
   *
   * @param type F32, F16, Q8_0 or Q4_0
   * @param values holds {@code count} weights from {@code from} on; not modified
   * @param count a multiple of the type's block size
   * @param out receives {@code type.bytes(count)} bytes from {@code offset} on
   * @throws IllegalArgumentException if another type is asked for, {@code count} splits a block, or
   *     a weight is not finite or too large for the type; the message then says which
   * @throws IndexOutOfBoundsException if the weights or their place do not exist
   */
  public static void elements(
      TensorType type, float[] values, int from, int count, MemorySegment out, long offset) {
    Objects.checkFromIndexSize(from, count, values.length);
    Objects.checkFromIndexSize(offset, type.bytes(count), out.byteSize());
    switch (type) {
      case F32 -> {
        check(type, values, from, count, Float.POSITIVE_INFINITY);
        MemorySegment.copy(values, from, out, FLOAT, offset, count);
      }
      case F16 -> {
        check(type, values, from, count, F16_END);
        for (int i = 0; i < count; i++) {
          PackedBytes.storeHalf(out, offset + 2L * i, values[from + i]);
        }
      }
      case Q8_0 -> blocks(type, Q8_0, values, from, count, out, offset);
      case Q4_0 -> blocks(type, Q4_0, values, from, count, out, offset);
      default -> throw new IllegalArgumentException("weights are not rounded to " + type);
    }
  }

  private static void blocks(
      TensorType type,
      QuantEncoder encoder,
      float[] values,
      int from,
      int count,
      MemorySegment out,
      long offset) {
    if (count % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "%d weights split a block; %s has blocks of %d".formatted(count, type, type.blockSize()));
    }
    check(type, values, from, count, F16_END * encoder.reach());
    for (int done = 0; done < count; done += type.blockSize()) {
      encoder.encode(values, from + done, out, offset + type.bytes(done));
    }
  }

  /** Refuses NaN and magnitudes of at least {@code end}. */
  private static void check(TensorType type, float[] values, int from, int count, float end) {
    for (int i = 0; i < count; i++) {
      float value = values[from + i];
      if (!(Math.abs(value) < end)) {
        throw new IllegalArgumentException(
            Float.isFinite(value)
                ? "weight %d is %s, too large for %s".formatted(i, value, type)
                : "weight %d is %s, which no weight can be".formatted(i, value));
      }
    }
  }
}
