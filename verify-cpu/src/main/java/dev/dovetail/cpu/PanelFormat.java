package dev.dovetail.cpu;

import dev.dovetail.engine.weights.QuantFormats;
import dev.dovetail.models.TensorType;

/**
 * How panels store a tensor type. {@code SIGNED_8} with {@code F32} or {@code F32_MIN} holds any quantised type; the
 * rest saves memory.
 *
 * @param groupSize weights that share a scale; 0 for unquantised types
 */
record PanelFormat(WeightKind weights, ScaleKind scales, int groupSize) {
  /**
   * @throws IllegalArgumentException for types that are not weights
   */
  static PanelFormat of(TensorType type) {
    return switch (type) {
      case F32 -> new PanelFormat(WeightKind.F32, ScaleKind.NONE, 0);
      case F16 -> new PanelFormat(WeightKind.F16, ScaleKind.NONE, 0);
      case BF16 -> new PanelFormat(WeightKind.BF16, ScaleKind.NONE, 0);
      case Q4_0 -> quantised(type, WeightKind.SIGNED_4, ScaleKind.F16);
      case Q4_1 -> quantised(type, WeightKind.UNSIGNED_4, ScaleKind.F16_MIN);
      case Q5_0, Q8_0, IQ4_NL -> quantised(type, WeightKind.SIGNED_8, ScaleKind.F16);
      case Q5_1 -> quantised(type, WeightKind.SIGNED_8, ScaleKind.F16_MIN);
      case Q2_K -> quantised(type, WeightKind.UNSIGNED_4, ScaleKind.F32_MIN);
      case Q3_K -> quantised(type, WeightKind.SIGNED_4, ScaleKind.F32);
      case Q4_K -> quantised(type, WeightKind.UNSIGNED_4, ScaleKind.SIX_BIT_MIN);
      case Q5_K -> quantised(type, WeightKind.SIGNED_8, ScaleKind.SIX_BIT_MIN);
      case Q6_K -> quantised(type, WeightKind.SIGNED_8, ScaleKind.EIGHT_BIT);
      case IQ4_XS -> quantised(type, WeightKind.SIGNED_8, ScaleKind.F32);
      case I32 -> throw new IllegalArgumentException("I32 tensors hold integers, not weights");
    };
  }

  private static PanelFormat quantised(TensorType type, WeightKind weights, ScaleKind scales) {
    return new PanelFormat(weights, scales, QuantFormats.of(type).groupSize());
  }
}
