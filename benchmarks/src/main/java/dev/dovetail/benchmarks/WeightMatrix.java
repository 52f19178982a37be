package dev.dovetail.benchmarks;

/** The matrices that a pass multiplies by, stacked as the decoder stacks them. */
public enum WeightMatrix {
  /** Queries, keys and values. */
  QKV,
  /** Behind attention. */
  OUT,
  /** Into the feed-forward part. */
  GATE_UP,
  /** Out of the feed-forward part. */
  DOWN,
  /** Logits. */
  HEAD;

  int rows(Model model) {
    return switch (this) {
      case QKV -> model.qkvWidth();
      case OUT, DOWN -> model.width;
      case GATE_UP -> 2 * model.feedForward;
      case HEAD -> model.vocabulary;
    };
  }

  int cols(Model model) {
    return this == DOWN ? model.feedForward : model.width;
  }
}
