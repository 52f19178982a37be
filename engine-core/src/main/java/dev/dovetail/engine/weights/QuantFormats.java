package dev.dovetail.engine.weights;

import dev.dovetail.models.TensorType;

/** The {@link QuantFormat} of every quantised tensor type. */
public final class QuantFormats {
  private static final QuantFormat Q4_0 = new Q40Format();
  private static final QuantFormat Q4_1 = new Q41Format();
  private static final QuantFormat Q5_0 = new Q50Format();
  private static final QuantFormat Q5_1 = new Q51Format();
  private static final QuantFormat Q8_0 = new Q80Format();
  private static final QuantFormat Q2_K = new Q2KFormat();
  private static final QuantFormat Q3_K = new Q3KFormat();
  private static final QuantFormat Q4_K = new Q4KFormat();
  private static final QuantFormat Q5_K = new Q5KFormat();
  private static final QuantFormat Q6_K = new Q6KFormat();
  private static final QuantFormat IQ4_NL = new Iq4NlFormat();
  private static final QuantFormat IQ4_XS = new Iq4XsFormat();

  private QuantFormats() {}

  /**
   * The format of a quantised type, always the same instance.
   *
   * @throws IllegalArgumentException if {@code type} has no blocks to decode: F32, F16, BF16 and
   *     I32, the types whose {@link TensorType#blockSize()} is 1
   */
  public static QuantFormat of(TensorType type) {
    return switch (type) {
      case Q4_0 -> Q4_0;
      case Q4_1 -> Q4_1;
      case Q5_0 -> Q5_0;
      case Q5_1 -> Q5_1;
      case Q8_0 -> Q8_0;
      case Q2_K -> Q2_K;
      case Q3_K -> Q3_K;
      case Q4_K -> Q4_K;
      case Q5_K -> Q5_K;
      case Q6_K -> Q6_K;
      case IQ4_NL -> IQ4_NL;
      case IQ4_XS -> IQ4_XS;
      case F32, F16, BF16, I32 ->
          throw new IllegalArgumentException(
              type + " is not quantised: its values are read directly, see Dequantize");
    };
  }
}
