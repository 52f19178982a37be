package dev.dovetail.engine.round;

/**
 * Whether asking the drafter pays. Where it surely does not, it is left out for a while, then tried
 * again, and the longer the oftener that was in vain. For one thread.
 */
final class DraftTrials {
  /** The share of a round in the averages. */
  private static final double NEW = 1.0 / 48;

  /** Rounds by which drafting can be judged. */
  private static final double ENOUGH = 8;

  /** Standard errors by which it must be behind, because single guesses are luck. */
  private static final double SURE = 1;

  private static final int SHORTEST_PAUSE = 32;
  private static final int LONGEST_PAUSE = 512;

  /**
   * Rounds that verify a guess whatever it seems to be worth, at first and after a pause: what was
   * slow, as kernels are when they are new, may be fast now.
   */
  private static final int TRIALS = 2;

  /** After so many rounds in which no guess was worth it, one is tried all the same. */
  private static final int UNTRIED = 48;

  /** So many rounds without a pause, and the next one is short again. */
  private static final int TRIED_WELL = 64;

  // Of rounds that drafted, older ones counting less: how many, what they gained, and its squares.
  private double rounds;
  private double gained;
  private double squares;

  private int roundsDrafted;
  private int pause = SHORTEST_PAUSE;
  private int pausedFor;
  private int trials = TRIALS;
  private int untried;

  /** Whether the drafter is left out. */
  boolean paused() {
    return pausedFor > 0;
  }

  /** Notes that a round has passed, whoever guessed in it. */
  void round() {
    pausedFor = Math.max(0, pausedFor - 1);
  }

  /** Whether this round is to verify a guess whatever it seems to be worth. */
  boolean tries() {
    if (trials == 0 && untried < UNTRIED) {
      return false;
    }
    trials = Math.max(0, trials - 1);
    untried = 0;
    return true;
  }

  /**
   * What a round is to gain that asks the drafter, in tokens over a plain one: as much as those
   * before; without bounds until that is known, at first and after a pause, so that it is known
   * soon; nothing while it pauses.
   */
  double mean() {
    if (pausedFor > 0) {
      return 0;
    }
    return rounds < ENOUGH ? Double.POSITIVE_INFINITY : Math.max(0, gained / rounds);
  }

  /** Notes whether anything of a guess was verified. */
  void verified(boolean some) {
    untried = some ? 0 : untried + 1;
  }

  /** Notes what a round that asked the drafter gained, in tokens, over a plain one. */
  void add(double tokens) {
    rounds += 1 - NEW * rounds;
    gained += tokens - NEW * gained;
    squares += tokens * tokens - NEW * squares;
    roundsDrafted++;
    if (fallsBehind()) {
      pause = roundsDrafted >= TRIED_WELL ? SHORTEST_PAUSE : pause;
      pausedFor = pause;
      pause = Math.min(LONGEST_PAUSE, 2 * pause);
      trials = TRIALS;
      roundsDrafted = 0;
      rounds = 0;
      gained = 0;
      squares = 0;
    }
  }

  private boolean fallsBehind() {
    double mean = gained / rounds;
    double error = Math.sqrt(Math.max(0, squares / rounds - mean * mean) / rounds);
    return rounds >= ENOUGH && mean < -SURE * error;
  }
}
