package dev.dovetail.engine.selftest;

import dev.dovetail.models.TensorType;
import java.util.List;

/**
 * Drafts whose speed is measured.
 *
 * @param drafts one after the other
 * @param promptTokens before what they draft
 * @param rounds that a median is taken of
 */
public record DraftSizes(List<DraftSize> drafts, int promptTokens, int rounds) {
  /** None is measured. */
  public static final DraftSizes NONE = new DraftSizes(List.of(), 1, 1);

  /** Those of targets of 1.5 and 7 billion weights; the last is the paper's. */
  public static final DraftSizes MODELS =
      new DraftSizes(
          List.of(
              new DraftSize(1, 1536, 12, 2, 8960, 32_768, TensorType.Q4_K),
              new DraftSize(1, 1536, 12, 2, 8960, 32_768, TensorType.F16),
              new DraftSize(1, 4096, 32, 32, 11_008, 32_000, TensorType.Q4_K),
              new DraftSize(5, 4096, 32, 32, 11_008, 32_000, TensorType.F16)),
          128,
          21);

  public DraftSizes {
    drafts = List.copyOf(drafts);
  }
}
