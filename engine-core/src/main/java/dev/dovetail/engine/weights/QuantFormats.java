package dev.dovetail.engine.weights;

import dev.dovetail.models.TensorType;

/** The {@link QuantFormat} of every quantised tensor type. */
public final class QuantFormats {
  private static final QuantFormat Q4_0 = new Q40Format();
  private static final QuantFormat Q4_1 = new Q41Format();
  private static final QuantFormat Q8_0 = new Q80Format();
  private static final QuantFormat Q4_K = new Q4KFormat();
  private static final QuantFormat Q6_K = new Q6KFormat();

  private QuantFormats() {}

  /**
   * The format of a quantised type, always the same instance.
   *
   * @throws IllegalArgumentException if {@code type} has no blocks to decode: F32, F16, BF16 and I32, the types whose
   *     {@link TensorType#blockSize()} is 1
   */
  public static QuantFormat of(TensorType type) {
    return switch (type) {
      case Q4_0 -> Q4_0;
      case Q4_1 -> Q4_1;
      case Q8_0 -> Q8_0;
      case Q4_K -> Q4_K;
      case Q6_K -> Q6_K;
      default ->
          throw new IllegalArgumentException(
              type + " is not quantised: its values are read directly, see Dequantize");
    };
  }
}
