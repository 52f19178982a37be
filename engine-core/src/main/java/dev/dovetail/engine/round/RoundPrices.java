package dev.dovetail.engine.round;

/**
 * What rounds are made of, in time and in tokens. Time is told in plain passes, T(1), and has a
 * price: the tokens that come in it where nothing is looked up. For one thread.
 */
final class RoundPrices {
  /** The share of a round in the average speed. */
  private static final double NEW = 1.0 / 48;

  /** Rounds by which a speed can be told. */
  private static final double ENOUGH = 8;

  /** Before so many guesses of a depth the draft's own kernels are new. */
  private static final int WARM = 4;

  /** No draft is counted as longer than so many medians. */
  private static final double SLOWEST = 4;

  private final int deepest;
  private final PassTimes passes = new PassTimes();
  private final LastTimes drafts;

  // Of rounds without a lookup, older ones counting less: how many, their tokens, their time.
  private double rounds;
  private double emitted;
  private double spent;

  /**
   * @param deepest most levels of a draft
   */
  RoundPrices(int deepest) {
    this.deepest = deepest;
    drafts = new LastTimes(deepest + 1);
  }

  /** Whether T(1) is known, without which there are no prices. */
  boolean known() {
    return passes.known();
  }

  void addPass(int tokens, long nanos) {
    passes.add(tokens, nanos);
  }

  /** T(n)/T(1). */
  double pass(int n) {
    return passes.of(n) / passes.of(1);
  }

  void addDraft(int levels, long nanos) {
    drafts.add(levels, nanos);
  }

  /** Whether drafts of so many levels take as long as they will. */
  boolean warm(int levels) {
    return drafts.count(levels) >= WARM;
  }

  /**
   * What a draft took that has been added: reading tokens of earlier rounds makes it slow now and
   * then, and other programs make it slower.
   */
  double draft(int levels, long nanos) {
    return Math.min(SLOWEST * drafts.median(levels), (double) nanos) / passes.of(1);
  }

  /** Notes a round without a lookup. */
  void add(int tokens, double time) {
    rounds += 1 - NEW * rounds;
    emitted += tokens - NEW * emitted;
    spent += time - NEW * spent;
  }

  /**
   * The price of a plain pass's time, at least a token. A lookup is no part of it: what a draft
   * gains elsewhere makes no repetition come sooner.
   */
  double price() {
    return rounds < ENOUGH ? 1 : Math.max(1, emitted / spent);
  }

  /** The price of a first node. */
  double firstNode() {
    return price() * (pass(2) - 1);
  }

  /** That of a further node, in chains as long as serves that best: T(n) grows unevenly. */
  double furtherNode() {
    double first = pass(2);
    double least = Double.POSITIVE_INFINITY;
    for (int length = 2; length <= deepest; length++) {
      least = Math.min(least, (pass(1 + length) - first) / (length - 1));
    }
    return price() * Math.max(0, least);
  }

  /** The price of a level of drafting; nothing before one was seen. */
  double level() {
    double least = Double.POSITIVE_INFINITY;
    for (int levels = 1; levels <= deepest; levels++) {
      if (drafts.count(levels) > 0) {
        least = Math.min(least, drafts.best(levels) / levels);
      }
    }
    return Double.isInfinite(least) ? 0 : price() * least / passes.of(1);
  }
}
