package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeGrowth;
import java.util.Arrays;

/**
 * Trees that pay. Of what the draft guesses, a round verifies so many of the likeliest nodes that
 * most tokens are to be expected in a unit of time, or none; a draft that is less and less sure of
 * its guesses is stopped early; and where drafting itself does not pay, it is left out for a while,
 * then tried again. All of it is learnt from the rounds before: how long passes and levels of
 * drafting take, and how often guesses of some probability hold.
 *
 * <p>Belongs to an engine, whose sequences learn from each other. Thread-safe; a policy that it
 * gives is for one sequence.
 */
public final class AdaptiveTrees {
  /** Levels of the deepest tree. */
  private static final int DEEPEST = 8;

  /** A further node on a level is accepted about once in ten times. */
  private static final double CHANCE_OF_SECOND = 0.1;

  private static final double CHANCE_OF_FOURTH = 0.03;

  /** The chance of a guess, before any was seen. */
  private static final double HOPE = 0.8;

  /** The least chance of a guess where tokens are sampled, before any was seen. */
  private static final double HOPE_SAMPLED = 0.5;

  /** T(1) is measured anew after so many rounds without it, or fewer. */
  private static final int PLAIN_EVERY = 32;

  /** The share of a round in the averages. */
  private static final double NEW = 1.0 / 48;

  /** Rounds by which drafting can be judged. */
  private static final double ENOUGH = 8;

  /** Standard errors by which it must be behind, because single guesses are luck. */
  private static final double SURE = 1.5;

  private static final int SHORTEST_PAUSE = 16;
  private static final int LONGEST_PAUSE = 256;

  /**
   * Rounds that verify a guess whatever it seems to be worth, at first and after a pause: what was
   * slow, as kernels are when they are new, may be fast now.
   */
  private static final int TRIALS = 2;

  /** After so many rounds in which no guess was worth it, one is tried all the same. */
  private static final int UNTRIED = 48;

  /** Before so many guesses of a depth the draft's own kernels are new. */
  private static final int WARM = 4;

  /** So many rounds without a pause, and the next one is short again. */
  private static final int TRIED_WELL = 64;

  private final PassTimes times = new PassTimes();
  private final LastTimes draftTimes = new LastTimes(DEEPEST + 1);
  private final Calibration calibration;

  /**
   * The share of rounds that drafted so many levels in which the last was verified and accepted.
   */
  private final double[] reached = new double[DEEPEST + 1];

  // Of rounds that drafted, older ones counting less: how many, their tokens, their time in plain
  // passes, and the squares of the differences.
  private double rounds;
  private double emitted;
  private double spent;
  private double squares;

  private int plainRounds;
  private int roundsWithoutPlain;
  private int roundsDrafted;
  private int pause = SHORTEST_PAUSE;
  private int pausedFor;
  private int trials = TRIALS;
  private int untried;

  /**
   * @param sampled whether tokens are chosen by chance: the draft ranks its guesses with the chance
   *     of the target's choice then, and they are accepted more often than their probability says
   */
  public AdaptiveTrees(boolean sampled) {
    calibration = new Calibration(sampled ? HOPE_SAMPLED : 0);
    Arrays.setAll(reached, level -> Math.pow(HOPE, level));
  }

  /** A policy for one sequence. */
  public TreePolicy newPolicy() {
    return new OneSequence();
  }

  private synchronized Wish next() {
    // The first passes are slower than those that follow.
    if (!times.known() || roundsWithoutPlain >= Math.min(PLAIN_EVERY, 2 * plainRounds)) {
      return Wish.NONE;
    }
    if (pausedFor > 0) {
      pausedFor--;
      return Wish.NONE;
    }
    if (trials > 0 || untried >= UNTRIED) {
      trials = Math.max(0, trials - 1);
      untried = 0;
      return Wish.TRIAL;
    }
    double first = firstNodePrice();
    double further = furtherNodePrice();
    double level = levelPrice();
    // Twice the levels that pay, or it would not be known when more begin to pay; only a few
    // shapes, because a GPU records each of them.
    int depth = 1;
    while (depth < DEEPEST && reached[depth] * (1 - (depth == 1 ? first : further)) > level) {
      depth *= 2;
    }
    double others = (passes(1 + 4 * depth) - passes(1 + depth)) / (3 * depth);
    int width = others < CHANCE_OF_FOURTH ? 4 : others < CHANCE_OF_SECOND ? 2 : 1;
    // Of what the next level holds, the share HOPE is right.
    float floor = calibration.floor((level + further) / HOPE);
    return new Wish(new TreeShape(depth, width), floor, false);
  }

  /** What to ask the drafter for; of a trial all is verified. */
  private record Wish(TreeShape shape, float floor, boolean trial) {
    static final Wish NONE = new Wish(TreeShape.NONE, TreeGrowth.NO_FLOOR, false);
    static final Wish TRIAL = new Wish(new TreeShape(1, 1), TreeGrowth.NO_FLOOR, true);
  }

  /** T(n)/T(1): what a pass over n tokens takes, in plain passes. */
  private double passes(int n) {
    return times.of(n) / times.of(1);
  }

  /** The tokens that come elsewhere in the time that a pass takes longer for a first node. */
  private double firstNodePrice() {
    return gain() * (passes(2) - 1);
  }

  /** And for each further one, in chains as long as serves that best: T(n) grows unevenly. */
  private double furtherNodePrice() {
    double first = passes(2);
    double least = Double.POSITIVE_INFINITY;
    for (int length = 2; length <= DEEPEST; length++) {
      least = Math.min(least, (passes(1 + length) - first) / (length - 1));
    }
    return gain() * Math.max(0, least);
  }

  /** The tokens that come elsewhere in the time of a level of drafting. */
  private double levelPrice() {
    return gain() * levelTime();
  }

  private double gain() {
    return rounds < ENOUGH ? 1 : Math.max(1, emitted / spent);
  }

  /** A level of drafting, in plain passes; nothing before one was seen. */
  private double levelTime() {
    double least = Double.POSITIVE_INFINITY;
    for (int levels = 1; levels <= DEEPEST; levels++) {
      if (draftTimes.count(levels) > 0) {
        least = Math.min(least, draftTimes.best(levels) / levels);
      }
    }
    return Double.isInfinite(least) ? 0 : least / times.of(1);
  }

  /** So many of the likeliest nodes that most tokens come in a unit of time. */
  private synchronized TokenTree worthwhile(TokenTree guess, int levels) {
    double[] chances = chances(guess);
    double drafting = levels * levelTime();
    boolean[] kept = new boolean[chances.length];
    boolean[] best = kept.clone();
    double fastest = 1 / (1 + drafting);
    double yield = 1;
    for (int nodes = 1; nodes <= chances.length; nodes++) {
      int next = likeliest(chances, kept);
      kept[next] = true;
      yield += chances[next];
      double speed = yield / (passes(1 + nodes) + drafting);
      if (speed > fastest) {
        fastest = speed;
        best = kept.clone();
      }
    }
    return guess.part(best);
  }

  /** Of each node, the chance that it and all above it are accepted. */
  private double[] chances(TokenTree guess) {
    double[] chances = new double[guess.size()];
    for (int i = 0; i < chances.length; i++) {
      int parent = guess.parents()[i];
      double above = parent == TokenTree.ROOT ? 1 : chances[parent];
      chances[i] = above * calibration.chance(guess.logProbabilities()[i]);
    }
    return chances;
  }

  /** A parent stands before its children and is at least as likely, so that it comes first. */
  private static int likeliest(double[] chances, boolean[] taken) {
    int best = -1;
    for (int i = 0; i < chances.length; i++) {
      if (!taken[i] && (best < 0 || chances[i] > chances[best])) {
        best = i;
      }
    }
    return best;
  }

  /**
   * @param guessed levels of the guess, verified or not; 0 where there was none
   */
  private synchronized void observe(Round round, TokenTree tree, int last, int guessed) {
    int tokens = 1 + tree.size();
    times.add(tokens, round.verifyNanos());
    if (tokens == 1) {
      plainRounds = Math.min(PLAIN_EVERY, plainRounds + 1);
      roundsWithoutPlain = 0;
    } else {
      roundsWithoutPlain++;
    }
    learn(tree, last);
    if (guessed == 0 || !times.known()) {
      return;
    }
    untried = tokens == 1 ? untried + 1 : 0;
    draftTimes.add(guessed, round.draftNanos());
    if (draftTimes.count(guessed) < WARM) {
      return;
    }
    double time = (draftTimes.median(guessed) + times.of(tokens)) / times.of(1);
    double gained = round.emitted() - time;
    rounds += 1 - NEW * rounds;
    emitted += round.emitted() - NEW * emitted;
    spent += time - NEW * spent;
    squares += gained * gained - NEW * squares;
    for (int level = 1; level <= guessed; level++) {
      reached[level] += NEW * ((round.accepted() >= level ? 1 : 0) - reached[level]);
    }
    roundsDrafted++;
    if (fallsBehind()) {
      pause = roundsDrafted >= TRIED_WELL ? SHORTEST_PAUSE : pause;
      pausedFor = pause;
      pause = Math.min(LONGEST_PAUSE, 2 * pause);
      trials = TRIALS;
      roundsDrafted = 0;
      rounds = 0;
      emitted = 0;
      spent = 0;
      squares = 0;
    }
  }

  private boolean fallsBehind() {
    double mean = (emitted - spent) / rounds;
    double error = Math.sqrt(Math.max(0, squares / rounds - mean * mean) / rounds);
    return rounds >= ENOUGH && mean < -SURE * error;
  }

  /** What became of the nodes under accepted ones. */
  private void learn(TokenTree tree, int last) {
    boolean[] accepted = new boolean[tree.size()];
    for (int node = last; node != TokenTree.ROOT; node = tree.parents()[node]) {
      accepted[node] = true;
    }
    for (int i = 0; i < accepted.length; i++) {
      int parent = tree.parents()[i];
      if (parent == TokenTree.ROOT || accepted[parent]) {
        calibration.add(tree.logProbabilities()[i], accepted[i]);
      }
    }
  }

  private final class OneSequence implements TreePolicy {
    private Wish wish = Wish.NONE;
    private int guessed;

    @Override
    public TreeShape next() {
      wish = AdaptiveTrees.this.next();
      guessed = 0;
      return wish.shape();
    }

    @Override
    public float floor() {
      return wish.floor();
    }

    @Override
    public TokenTree worthwhile(TokenTree guess) {
      guessed = Math.min(DEEPEST, guess.depth());
      return guessed == 0 || wish.trial() ? guess : AdaptiveTrees.this.worthwhile(guess, guessed);
    }

    @Override
    public void observe(Round round, TokenTree tree, int last) {
      AdaptiveTrees.this.observe(round, tree, last, guessed);
    }
  }
}
