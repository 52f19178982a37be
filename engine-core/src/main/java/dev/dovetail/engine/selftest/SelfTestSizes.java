package dev.dovetail.engine.selftest;

import dev.dovetail.models.TensorType;
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
 * @param draftRounds rounds that a median is taken of
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
    List<DraftSize> drafts,
    int draftRounds) {
  /** Those of models of 1.5 and 7 billion weights; the last draft is the paper's. */
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
          List.of(
              new DraftSize(1, 1536, 12, 2, 8960, 32_768, TensorType.Q4_K),
              new DraftSize(1, 1536, 12, 2, 8960, 32_768, TensorType.F16),
              new DraftSize(1, 4096, 32, 32, 11_008, 32_000, TensorType.Q4_K),
              new DraftSize(5, 4096, 32, 32, 11_008, 32_000, TensorType.F16)),
          21);

  public SelfTestSizes {
    widths = List.copyOf(widths);
    tokens = List.copyOf(tokens);
    drafts = List.copyOf(drafts);
  }
}
