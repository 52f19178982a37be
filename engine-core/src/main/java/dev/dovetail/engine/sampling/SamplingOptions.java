package dev.dovetail.engine.sampling;

/**
 * How a token is chosen from logits. The steps are taken in this order: repetition penalty, top-k,
 * top-p, min-p, temperature; ties go to the lowest token id. Top-p and min-p look at the
 * probabilities at temperature 1.
 *
 * @param temperature divides the logits before the draw; 0: greedy, the largest logit wins
 * @param topK keeps this many of the largest logits; 0: off
 * @param topP keeps the smallest set of the likeliest tokens with at least this share of the
 *     probability, never fewer than one; 1: off
 * @param minP keeps tokens at least this many times as likely as the likeliest; 0: off
 * @param repeatPenalty divides positive and multiplies other logits of tokens seen lately, once per
 *     token however often it was seen; 1: off
 * @param repeatWindow how many of the last tokens of the sequence count as lately; 0: none
 * @param seed names the noise; the same seed, logits and sequence give the same token
 */
public record SamplingOptions(
    float temperature,
    int topK,
    float topP,
    float minP,
    float repeatPenalty,
    int repeatWindow,
    long seed) {
  /** The usual window of the repetition penalty, in tokens. */
  public static final int DEFAULT_REPEAT_WINDOW = 64;

  /** The largest logit wins; nothing is drawn, penalised or cut. */
  public static final SamplingOptions GREEDY =
      new SamplingOptions(0, 0, 1, 0, 1, DEFAULT_REPEAT_WINDOW, 0);

  /**
   * Checks every value.
   *
   * @throws IllegalArgumentException naming the value, what was found and what is wanted
   */
  public SamplingOptions {
    check(
        temperature >= 0 && temperature <= Float.MAX_VALUE,
        "temperature",
        temperature,
        "a finite number, 0 (greedy) or greater");
    check(topK >= 0, "top-k", topK, "0 (off) or greater");
    check(topP > 0 && topP <= 1, "top-p", topP, "greater than 0, up to 1 (off)");
    check(minP >= 0 && minP <= 1, "min-p", minP, "0 (off) to 1");
    check(
        repeatPenalty > 0 && repeatPenalty <= Float.MAX_VALUE,
        "repeat penalty",
        repeatPenalty,
        "a finite number greater than 0 (1: off)");
    check(repeatWindow >= 0, "repeat window", repeatWindow, "0 or greater, in tokens");
  }

  /** Draws at this temperature with this seed; penalty, top-k, top-p and min-p are off. */
  public static SamplingOptions of(float temperature, long seed) {
    return GREEDY.withTemperature(temperature).withSeed(seed);
  }

  /** These options at another temperature. */
  public SamplingOptions withTemperature(float other) {
    return new SamplingOptions(other, topK, topP, minP, repeatPenalty, repeatWindow, seed);
  }

  /** These options with another top-k. */
  public SamplingOptions withTopK(int other) {
    return new SamplingOptions(temperature, other, topP, minP, repeatPenalty, repeatWindow, seed);
  }

  /** These options with another top-p. */
  public SamplingOptions withTopP(float other) {
    return new SamplingOptions(temperature, topK, other, minP, repeatPenalty, repeatWindow, seed);
  }

  /** These options with another min-p. */
  public SamplingOptions withMinP(float other) {
    return new SamplingOptions(temperature, topK, topP, other, repeatPenalty, repeatWindow, seed);
  }

  /** These options with another repetition penalty, over the last {@code window} tokens. */
  public SamplingOptions withRepeatPenalty(float penalty, int window) {
    return new SamplingOptions(temperature, topK, topP, minP, penalty, window, seed);
  }

  /** These options with another seed. */
  public SamplingOptions withSeed(long other) {
    return new SamplingOptions(temperature, topK, topP, minP, repeatPenalty, repeatWindow, other);
  }

  /** Whether the largest logit wins and no noise is drawn. */
  public boolean greedy() {
    return temperature == 0;
  }

  /** Whether the repetition penalty can change a logit. */
  public boolean penalises() {
    return repeatPenalty != 1 && repeatWindow > 0;
  }

  private static void check(boolean right, String name, Number found, String wanted) {
    if (!right) {
      throw new IllegalArgumentException(name + " is " + found + "; wanted " + wanted);
    }
  }
}
