package dev.dovetail.cli;

import java.util.Arrays;

/**
 * How well a model predicts a text: the exponential of the mean surprise.
 *
 * @param predicted tokens that were predicted
 * @param nats mean surprise, in nats a token
 */
record Perplexity(long predicted, double nats) {

  /** What was predicted {@code predicted} times with this mean. */
  double value() {
    return Math.exp(nats);
  }

  /**
   * Measures it over consecutive windows without overlap; the first token of each is given, the
   * others are predicted.
   *
   * @param vocabulary logits of a position
   * @param window tokens of a window, at least 2
   * @throws IllegalArgumentException if there are fewer than two tokens
   */
  static Perplexity of(Scorer scorer, int[] ids, int vocabulary, int window) {
    if (ids.length < 2) {
      throw new IllegalArgumentException(
          "perplexity needs at least 2 tokens; the text has " + ids.length);
    }
    double[] sum = {0};
    long predicted = 0;
    for (int from = 0; from + 1 < ids.length; from += window) {
      int[] part = Arrays.copyOfRange(ids, from, Math.min(from + window, ids.length));
      scorer.score(
          part,
          1,
          (position, logits, offset) -> {
            if (position + 1 < part.length) {
              sum[0] +=
                  Scorer.logSumExp(logits, offset, vocabulary)
                      - logits[offset + part[position + 1]];
            }
          });
      predicted += part.length - 1;
    }
    return new Perplexity(predicted, sum[0] / predicted);
  }
}
