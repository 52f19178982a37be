package dev.dovetail.engine.round;

/**
 * What a text says of its own future: what came before, where it last read as it does now. Guesses
 * a chain that costs no network, and is right the more often the longer the two places agree: code
 * repeats its names, an answer its question, a small model itself. (Prompt lookup, Saxena 2023; the
 * longest agreement, as in SuffixDecoding, Oliaro et al. 2024.) Safe for use by several threads.
 */
final class PromptLookup {
  /** The longest chain that is worth asking for: a text that repeats itself does so for long. */
  static final int LONGEST = 16;

  /**
   * How often a guess was right whose place agrees with the end of the text in so many last tokens,
   * 16 standing for all above: greedy texts of two models behind function stubs and requests (280
   * thousand tokens), from which each differs by a few hundredths.
   */
  private static final double[] CHANCES = {
    0, 0.24, 0.54, 0.65, 0.74, 0.78, 0.80, 0.82, 0.85, 0.87, 0.89, 0.90, 0.91, 0.91, 0.94, 0.94,
    0.97
  };

  private static final int LONGEST_AGREEMENT = CHANCES.length - 1;

  private PromptLookup() {}

  /**
   * What follows, by the latest of the places that agree with the end in most tokens.
   *
   * @param context the sequence so far, of {@code length} tokens
   * @param most tokens that are wanted
   * @return a chain as long as wanted, or none where the last token has never stood before; with
   *     the log-probability that such guesses have
   */
  static TokenTree guess(int[] context, int length, int most) {
    if (most == 0) {
      return TokenTree.EMPTY;
    }
    int agreement = 0;
    int next = 0;
    for (int end = length - 1; end > 0 && agreement < LONGEST_AGREEMENT; end--) {
      int agreeing = agreement(context, end, length);
      if (agreeing > agreement) {
        agreement = agreeing;
        next = end;
      }
    }
    if (agreement == 0) {
      return TokenTree.EMPTY;
    }
    int[] tokens = new int[most];
    float[] logs = new float[most];
    for (int i = 0; i < most; i++) {
      // Behind the end of the text, where a short stretch repeats, stands the guess itself.
      tokens[i] = next + i < length ? context[next + i] : tokens[next + i - length];
      logs[i] = (float) Math.log(CHANCES[Math.min(LONGEST_AGREEMENT, agreement + i)]);
    }
    return TokenTree.chain(tokens, logs);
  }

  /** How many of the tokens before {@code end} are those before {@code length}, from the last. */
  private static int agreement(int[] context, int end, int length) {
    int most = Math.min(end, LONGEST_AGREEMENT);
    int count = 0;
    while (count < most && context[end - 1 - count] == context[length - 1 - count]) {
      count++;
    }
    return count;
  }
}
