package dev.dovetail.engine.selftest;

import java.util.List;

/**
 * How large the operations of a self-test are, and its drafts.
 *
 * @param widths of activations: matrices are {@code [width][width]}; multiples of 256
 * @param tokens of an operation
 * @param vocabulary rows of an embedding table
 * @param heads of queries
 * @param kvHeads of keys and values, of which {@code heads} is a multiple
 * @param headDim numbers of a head, even
 * @param positions committed tokens that attention reads
 * @param coldBytes matrices take turns until they hold so much together, so that they are read from
 *     memory and not from a cache; 0: each alone
 * @param batchMs calls are timed in batches of at least this long; 0: one by one
 * @param drafts whose speed is measured
 */
public record SelfTestSizes(
    List<Integer> widths,
    List<Integer> tokens,
    int vocabulary,
    int heads,
    int kvHeads,
    int headDim,
    int positions,
    long coldBytes,
    double batchMs,
    DraftSizes drafts) {
  /** Those of models of 1.5 and 7 billion weights. */
  public static final SelfTestSizes MODELS =
      new SelfTestSizes(
          List.of(1536, 4096),
          List.of(1, 4, 16),
          1024,
          32,
          8,
          128,
          1000,
          160L << 20,
          2,
          DraftSizes.MODELS);

  public SelfTestSizes {
    widths = List.copyOf(widths);
    tokens = List.copyOf(tokens);
  }
}
