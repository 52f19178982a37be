package dev.dovetail.engine.round;

/**
 * How often a guess is accepted to which the draft gives some probability: at first as often as it
 * says, later as often as it was. For one thread.
 */
final class Calibration {
  private static final int BINS = 12;

  /** What the draft's own word counts for, in guesses. */
  private static final double PRIOR = 4;

  /** About so many guesses are remembered in each bin. */
  private static final double MEMORY = 50;

  private final double hope;
  private final double[] tried = new double[BINS];
  private final double[] accepted = new double[BINS];

  /**
   * @param hope the least chance that is assumed before anything was seen
   */
  Calibration(double hope) {
    this.hope = hope;
  }

  /** Notes what became of a guess whose parent was accepted. */
  void add(float logProbability, boolean right) {
    double p = probability(logProbability);
    int bin = bin(p);
    double kept = 1 - 1 / MEMORY;
    tried[bin] = tried[bin] * kept + 1;
    accepted[bin] = accepted[bin] * kept + (right ? 1 : 0);
  }

  /** The chance of a guess if its parent is accepted. */
  double chance(float logProbability) {
    double p = probability(logProbability);
    int bin = bin(p);
    return (accepted[bin] + PRIOR * Math.max(hope, p)) / (tried[bin] + PRIOR);
  }

  /** Of each node, the chance that it and all above it are accepted. */
  double[] chances(TokenTree guess) {
    double[] chances = new double[guess.size()];
    for (int i = 0; i < chances.length; i++) {
      int parent = guess.parents()[i];
      double above = parent == TokenTree.ROOT ? 1 : chances[parent];
      chances[i] = above * chance(guess.logProbabilities()[i]);
    }
    return chances;
  }

  /**
   * Notes what became of a tree's nodes under accepted ones.
   *
   * @param last the last accepted node, or {@link TokenTree#ROOT}
   */
  void learn(TokenTree tree, int last) {
    boolean[] accepted = new boolean[tree.size()];
    for (int node = last; node != TokenTree.ROOT; node = tree.parents()[node]) {
      accepted[node] = true;
    }
    for (int i = 0; i < accepted.length; i++) {
      int parent = tree.parents()[i];
      if (parent == TokenTree.ROOT || accepted[parent]) {
        add(tree.logProbabilities()[i], accepted[i]);
      }
    }
  }

  /** A log-probability below which no guess has this chance. */
  float floor(double chance) {
    int bin = 0;
    while (bin < BINS && chance((float) Math.log((bin + 0.5) / BINS)) < chance) {
      bin++;
    }
    return (float) Math.log((double) bin / BINS);
  }

  private static double probability(float log) {
    double p = Math.exp(log);
    return p >= 0 ? Math.min(1, p) : 0; // a drafter may be anybody's: a NaN has no chance
  }

  private static int bin(double p) {
    return Math.min(BINS - 1, (int) (p * BINS));
  }
}
