package dev.dovetail.cpu;

import dev.dovetail.engine.weights.QuantFormats;
import dev.dovetail.models.TensorType;

/**
 * How panels store a tensor type. {@code EIGHT_BIT} with {@code F32} or {@code F32_MIN} holds any
 * quantised type; the rest saves memory.
 *
 * @param groupSize weights that share a scale; 0 for unquantised types
 * @param bias what is added to each integer of the type, so that bits without a sign hold it;
 *     {@code -bias * scale} then is the min; a power of two, so that kernels lose nothing when they
 *     multiply the scale by {@code -bias} times the activations' sum instead; 0 for types with mins
 *     of their own
 */
record PanelFormat(WeightKind weights, ScaleKind scales, int groupSize, int bias) {
  /**
   * @throws IllegalArgumentException for types that are not weights
   */
  static PanelFormat of(TensorType type) {
    return switch (type) {
      case F32 -> new PanelFormat(WeightKind.F32, ScaleKind.NONE, 0, 0);
      case F16 -> new PanelFormat(WeightKind.F16, ScaleKind.NONE, 0, 0);
      case BF16 -> new PanelFormat(WeightKind.BF16, ScaleKind.NONE, 0, 0);
      case Q4_0 -> quantised(type, WeightKind.FOUR_BIT, ScaleKind.F16, 8);
      case Q4_1 -> quantised(type, WeightKind.FOUR_BIT, ScaleKind.F16_MIN);
      case Q5_0 -> quantised(type, WeightKind.SIX_BIT, ScaleKind.F16, 16);
      case Q8_0, IQ4_NL -> quantised(type, WeightKind.EIGHT_BIT, ScaleKind.F16, 128);
      case Q5_1 -> quantised(type, WeightKind.SIX_BIT, ScaleKind.F16_MIN);
      case Q2_K -> quantised(type, WeightKind.FOUR_BIT, ScaleKind.F32_MIN);
      case Q3_K -> quantised(type, WeightKind.FOUR_BIT, ScaleKind.F32, 4);
      case Q4_K -> quantised(type, WeightKind.FOUR_BIT, ScaleKind.BYTE_MIN);
      case Q5_K -> quantised(type, WeightKind.SIX_BIT, ScaleKind.BYTE_MIN);
      case Q6_K -> quantised(type, WeightKind.SIX_BIT, ScaleKind.EIGHT_BIT, 32);
      case IQ4_XS -> quantised(type, WeightKind.EIGHT_BIT, ScaleKind.F32, 128);
      case I32 -> throw new IllegalArgumentException("I32 tensors hold integers, not weights");
    };
  }

  private static PanelFormat quantised(TensorType type, WeightKind weights, ScaleKind scales) {
    return quantised(type, weights, scales, 0);
  }

  private static PanelFormat quantised(
      TensorType type, WeightKind weights, ScaleKind scales, int bias) {
    return new PanelFormat(weights, scales, QuantFormats.of(type).groupSize(), bias);
  }
}
