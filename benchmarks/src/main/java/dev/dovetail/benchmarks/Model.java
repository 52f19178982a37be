package dev.dovetail.benchmarks;

/** Models whose shapes are measured. */
public enum Model {
  /** SmolLM2-135M. */
  SMOLLM2(576, 1536, 9, 3, 64, 49_152),
  /** Qwen2.5-1.5B. */
  QWEN(1536, 8960, 12, 2, 128, 151_936);

  /** The hidden size. */
  final int width;

  /** Width inside the feed-forward part. */
  final int feedForward;

  final int heads;
  final int kvHeads;
  final int headDim;

  final int vocabulary;

  Model(int width, int feedForward, int heads, int kvHeads, int headDim, int vocabulary) {
    this.width = width;
    this.feedForward = feedForward;
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.headDim = headDim;
    this.vocabulary = vocabulary;
  }

  /** Width of the keys, or of the values, of a token. */
  int kvWidth() {
    return kvHeads * headDim;
  }

  /** Width of a token's queries, keys and values, one behind the other. */
  int qkvWidth() {
    return heads * headDim + 2 * kvWidth();
  }
}
