package dev.dovetail.engine.sampling;

import java.util.Arrays;
import java.util.Objects;

/**
 * Chooses tokens. A choice is a pure function of the logits, the sequence so far and the options:
 * noise belongs to (seed, position, token), so it does not matter in which order positions are
 * sampled, how often, or beside which others. That is what lets a drafter rank its candidates with
 * the very noise that the target will choose by.
 *
 * <p>For one thread: it owns scratch space and allocates nothing per call.
 */
public final class Sampler {
  private final SamplingOptions options;
  private final int vocabulary;
  private final LogitGroups groups;
  private final ScoreSearch search;
  private final Truncation truncation;
  private final float[] penalised;

  /**
   * A sampler of its own scratch space.
   *
   * @param options how to choose
   * @param vocabulary logits in a row of the target, up to 2^20
   */
  public Sampler(SamplingOptions options, int vocabulary) {
    this.options = Objects.requireNonNull(options, "options");
    if (vocabulary < 1 || vocabulary > SoftmaxWeights.MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "vocabulary is " + vocabulary + "; wanted 1 to " + SoftmaxWeights.MOST_ENTRIES);
    }
    this.vocabulary = vocabulary;
    groups = new LogitGroups(vocabulary);
    search = new ScoreSearch(options, vocabulary);
    truncation = new Truncation(options, vocabulary);
    penalised = new float[options.penalises() ? vocabulary : 0];
  }

  /** How this sampler chooses. */
  public SamplingOptions options() {
    return options;
  }

  /** Logits in a row of the target. */
  public int vocabulary() {
    return vocabulary;
  }

  /**
   * The token at position {@code length} of a sequence.
   *
   * @param logits holds the row of {@code vocabulary} logits at {@code offset}, not modified
   * @param context the sequence so far in its first {@code length} entries, the prompt included
   * @throws IllegalArgumentException if a range or a token lies outside its array or vocabulary
   * @throws IllegalStateException if a logit is NaN or +infinity, or all are -infinity
   */
  public int choose(float[] logits, int offset, int[] context, int length) {
    checkRow(logits, offset, vocabulary, context, length);
    float[] row = logits;
    int at = offset;
    if (options.penalises()) {
      penalise(logits, offset, vocabulary, null, context, length);
      row = penalised;
      at = 0;
    }
    groups.divide(row, at, vocabulary, null);
    long floor = truncation.floor(row, at, groups);
    search.search(row, at, null, groups, length, floor, 1);
    return search.entry(0);
  }

  /**
   * The tokens that {@link #choose} would most likely choose at position {@code length}, guessed
   * from a draft's logits: the largest draft logit / temperature + the target's noise, or the
   * largest draft logits when greedy. The penalty is applied as the target will apply it. Top-k,
   * top-p and min-p are not: they never change the order of the tokens they keep, and where the
   * draft's distribution would be cut says little about where the target's is.
   *
   * @param logits holds the draft's row of {@code count} logits at {@code offset}, not modified
   * @param ids the token of each logit, ascending, each below the vocabulary; null where the n-th
   *     logit is token n's
   * @param context the sequence so far in its first {@code length} entries, the prompt and the
   *     drafted tokens above this one included
   * @param width how many tokens are wanted, at least 1
   * @param outTokens receives the tokens, best first
   * @param outLogProbs receives the logarithm of each token's probability under the draft's
   *     penalised softmax at the options' temperature (1 when greedy), within 2e-4
   * @return how many were written: fewer than {@code width} only if fewer logits are finite, and
   *     none if a logit, penalised or not, is NaN or +infinity: a draft that computes nonsense
   *     guesses nothing
   * @throws IllegalArgumentException if a range or a token lies outside its array or vocabulary
   */
  public int rank(
      float[] logits,
      int offset,
      int count,
      int[] ids,
      int[] context,
      int length,
      int width,
      int[] outTokens,
      float[] outLogProbs) {
    checkRow(logits, offset, count, context, length);
    checkDraft(count, ids, width, outTokens, outLogProbs);
    float[] row = logits;
    int at = offset;
    if (options.penalises()) {
      penalise(logits, offset, count, ids, context, length);
      row = penalised;
      at = 0;
    }
    if (!LogitGroups.usable(row, at, count)) {
      return 0;
    }
    groups.divide(row, at, count, ids);
    int found = search.search(row, at, ids, groups, length, LogitOrder.NONE, width);
    double scale = options.greedy() ? 1 : 1.0 / options.temperature();
    float largest = groups.largest();
    double logTotal = StrictMath.log(SoftmaxWeights.total(row, at, count, largest, scale));
    for (int n = 0; n < found; n++) {
      int entry = search.entry(n);
      outTokens[n] = ids == null ? entry : ids[entry];
      double gap = (row[at + entry] - (double) largest) * scale;
      outLogProbs[n] = (float) (gap - logTotal);
    }
    return found;
  }

  private void penalise(
      float[] logits, int offset, int count, int[] ids, int[] context, int length) {
    System.arraycopy(logits, offset, penalised, 0, count);
    float penalty = options.repeatPenalty();
    for (int i = windowStart(length); i < length; i++) {
      int entry = entry(count, ids, context, i);
      if (entry >= 0) {
        // From the caller's logit, so that a token seen twice is penalised once.
        float logit = logits[offset + entry];
        penalised[entry] = logit > 0 ? logit / penalty : logit * penalty;
      }
    }
  }

  private int windowStart(int length) {
    return Math.max(0, length - options.repeatWindow());
  }

  /** The entry of a row for the i-th token of a sequence; -1 where it has none. */
  private int entry(int count, int[] ids, int[] context, int i) {
    int token = context[i];
    if (token < 0 || token >= vocabulary) {
      throw new IllegalArgumentException(
          "token " + token + " at position " + i + "; wanted 0 to " + (vocabulary - 1));
    }
    int entry = ids == null ? token : Arrays.binarySearch(ids, 0, count, token);
    return entry >= 0 && entry < count ? entry : -1;
  }

  private void checkRow(float[] logits, int offset, int count, int[] context, int length) {
    if (count < 1 || count > vocabulary) {
      throw new IllegalArgumentException(
          count + " logits in a row; wanted 1 to the vocabulary's " + vocabulary);
    }
    if (offset < 0 || offset > logits.length - count) {
      throw new IllegalArgumentException(
          count + " logits at " + offset + " of an array of " + logits.length);
    }
    if (length < 0 || length > context.length) {
      throw new IllegalArgumentException(
          "a sequence of " + length + " tokens in an array of " + context.length);
    }
  }

  private void checkDraft(int count, int[] ids, int width, int[] outTokens, float[] outLogProbs) {
    if (width < 1 || width > outTokens.length || width > outLogProbs.length) {
      throw new IllegalArgumentException(
          "width is "
              + width
              + "; wanted 1 to what the outputs hold, "
              + Math.min(outTokens.length, outLogProbs.length));
    }
    if (ids == null) {
      return;
    }
    if (ids.length < count) {
      throw new IllegalArgumentException(
          ids.length + " token ids for " + count + " logits; wanted one for each");
    }
    int last = -1;
    for (int i = 0; i < count; i++) {
      if (ids[i] <= last || ids[i] >= vocabulary) {
        throw new IllegalArgumentException(
            "token id "
                + ids[i]
                + " at "
                + i
                + " after "
                + last
                + "; wanted ascending ids from 0 to "
                + (vocabulary - 1));
      }
      last = ids[i];
    }
  }
}
