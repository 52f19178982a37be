package dev.dovetail.engine.device;

import dev.dovetail.engine.sampling.Sampler;
import java.util.function.IntFunction;

/**
 * What the rows of a draft's logits are ranked by: {@link Sampler#rank}, for rows that all stand at
 * one position, each behind its own sequence.
 *
 * @param sampler chooses for the target
 * @param vocabulary the token of each logit of a row; null where the n-th logit is token n's
 * @param width candidates wanted of each row, at least 1
 * @param length tokens of each row's sequence, and so the position of the candidates
 * @param contexts gives the i-th row's sequence in the first {@code length} entries of an array,
 *     which holds until the next row's is asked for; need not be asked where nothing is penalised
 */
public record Ranking(
    Sampler sampler, TokenIds vocabulary, int width, int length, IntFunction<int[]> contexts) {
  public Ranking {
    if (width < 1) {
      throw new IllegalArgumentException("width is " + width + "; wanted 1 or more");
    }
  }

  /** The token of each logit, or null. */
  public int[] ids() {
    return vocabulary == null ? null : vocabulary.ids();
  }

  /**
   * Ranks rows that lie on the host.
   *
   * @param logits holds the i-th row of {@code count} logits at {@code offset + i * stride}
   * @param n rows
   * @param out receives their candidates
   */
  public void rank(float[] logits, int offset, int stride, int count, int n, Candidates out) {
    out.begin(n, width);
    for (int i = 0; i < n; i++) {
      int from = offset + i * stride;
      out.rank(i, sampler, logits, from, count, ids(), contexts.apply(i), length);
    }
  }
}
