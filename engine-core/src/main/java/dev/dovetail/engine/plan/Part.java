package dev.dovetail.engine.plan;

/** What takes memory. */
public enum Part {
  /** The driver's own: its context, and the kernels' code. */
  CUDA_CONTEXT("CUDA context"),
  ACTIVATIONS("activations"),
  DRAFT_LAYERS("draft: layers"),
  DRAFT_FUSION("draft: fusion"),
  DRAFT_HEAD("draft: head"),
  DRAFT_EMBEDDING("draft: embedding"),
  DRAFT_KV("draft: keys and values"),
  TARGET_LAYERS("target: layers"),
  TARGET_KV("target: keys and values"),
  TARGET_HEAD("target: norm and head"),
  TARGET_EMBEDDING("target: embedding");

  private final String label;

  Part(String label) {
    this.label = label;
  }

  /** For people. */
  public String label() {
    return label;
  }
}
