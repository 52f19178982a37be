package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeGrowth;
import java.util.Arrays;

/**
 * Trees that pay. Of what is guessed, by the text itself or by the draft, a round verifies so many
 * of the likeliest nodes that most tokens are to be expected in the long run, or none; a draft that
 * is less and less sure of its guesses is stopped early; and where drafting itself does not pay, it
 * is left out for a while. All of it is learnt from the rounds before: how long passes and levels
 * of drafting take, how often guesses of some probability hold, and how fast tokens come.
 *
 * <p>Time has a price: the tokens that come elsewhere in it, on average. What is worth most is what
 * holds most tokens after its time is paid.
 *
 * <p>Belongs to an engine, whose sequences learn from each other. Thread-safe; a policy that it
 * gives is for one sequence.
 */
public final class AdaptiveTrees {
  /** Levels of the deepest tree that a draft is asked for. */
  private static final int DEEPEST = 8;

  /** A further node on a level is accepted about once in ten times. */
  private static final double CHANCE_OF_SECOND = 0.1;

  private static final double CHANCE_OF_FOURTH = 0.03;

  /** The chance of a guess, before any was seen. */
  private static final double HOPE = 0.8;

  /** The least chance of a draft's guess where tokens are sampled, before any was seen. */
  private static final double HOPE_SAMPLED = 0.5;

  /** T(1) is measured anew after so many rounds without it, or fewer. */
  private static final int PLAIN_EVERY = 32;

  /** The share of a round in the averages. */
  private static final double NEW = 1.0 / 48;

  /** Rounds by which a speed can be told. */
  private static final double ENOUGH = 8;

  /** Before so many guesses of a depth the draft's own kernels are new. */
  private static final int WARM = 4;

  private final int longestLookup;
  private final PassTimes times = new PassTimes();
  private final LastTimes draftTimes = new LastTimes(DEEPEST + 1);
  private final Calibration ofDraft;
  private final Calibration ofLookup = new Calibration(0);
  private final DraftTrials trials = new DraftTrials();

  /**
   * The share of rounds that drafted so many levels in which the last was verified and accepted.
   */
  private final double[] reached = new double[DEEPEST + 1];

  // Of all rounds, older ones counting less: how many, their tokens, their time in plain passes.
  private double rounds;
  private double emitted;
  private double spent;

  private int plainRounds;
  private int roundsWithoutPlain;

  /**
   * @param sampled whether tokens are chosen by chance: the draft ranks its guesses with the chance
   *     of the target's choice then, and they are accepted more often than their probability says
   * @param lookup whether the text itself may suggest what follows
   */
  public AdaptiveTrees(boolean sampled, boolean lookup) {
    ofDraft = new Calibration(sampled ? HOPE_SAMPLED : 0);
    longestLookup = lookup ? PromptLookup.LONGEST : 0;
    Arrays.setAll(reached, level -> Math.pow(HOPE, level));
  }

  /** A policy for one sequence. */
  public TreePolicy newPolicy() {
    return new OneSequence();
  }

  /**
   * The beginning of what the text suggests, where that is worth more than what a draft guesses.
   */
  private synchronized TokenTree lookedUp(TokenTree chain) {
    if (chain.size() == 0 || plainIsDue()) {
      return TokenTree.EMPTY;
    }
    Choice choice = choose(chain, ofLookup);
    return choice.gained() > trials.mean() ? choice.tree() : TokenTree.EMPTY;
  }

  /** The first passes are slower than those that follow, and T(1) may change. */
  private boolean plainIsDue() {
    return !times.known() || roundsWithoutPlain >= Math.min(PLAIN_EVERY, 2 * plainRounds);
  }

  private synchronized Wish next() {
    if (plainIsDue() || trials.pauses()) {
      return Wish.NONE;
    }
    if (trials.tries()) {
      return Wish.TRIAL;
    }
    double first = price() * (passes(2) - 1);
    double further = furtherNodePrice();
    double level = price() * levelTime();
    // Twice the levels that pay, or it would not be known when more begin to pay; only a few
    // shapes, because a GPU records each of them.
    int depth = 1;
    while (depth < DEEPEST && reached[depth] * (1 - (depth == 1 ? first : further)) > level) {
      depth *= 2;
    }
    double others = (passes(1 + 4 * depth) - passes(1 + depth)) / (3 * depth);
    int width = others < CHANCE_OF_FOURTH ? 4 : others < CHANCE_OF_SECOND ? 2 : 1;
    // Of what the next level holds, the share HOPE is right.
    float floor = ofDraft.floor((level + further) / HOPE);
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

  /** The tokens that come in the time of a plain pass. */
  private double price() {
    return rounds < ENOUGH ? 1 : Math.max(1, emitted / spent);
  }

  /** That of a further node, in chains as long as serves that best: T(n) grows unevenly. */
  private double furtherNodePrice() {
    double first = passes(2);
    double least = Double.POSITIVE_INFINITY;
    for (int length = 2; length <= DEEPEST; length++) {
      least = Math.min(least, (passes(1 + length) - first) / (length - 1));
    }
    return price() * Math.max(0, least);
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

  /**
   * A part of a guess.
   *
   * @param gained tokens that it is expected to bring over a plain pass, its time paid
   */
  private record Choice(TokenTree tree, double gained) {}

  /** So many of the likeliest nodes that they gain most. */
  private Choice choose(TokenTree guess, Calibration calibration) {
    double[] chances = chances(guess, calibration);
    boolean[] kept = new boolean[chances.length];
    boolean[] best = kept.clone();
    double most = 0;
    double yield = 0;
    for (int nodes = 1; nodes <= chances.length; nodes++) {
      int next = likeliest(chances, kept);
      kept[next] = true;
      yield += chances[next];
      double gained = yield - price() * (passes(1 + nodes) - 1);
      if (gained > most) {
        most = gained;
        best = kept.clone();
      }
    }
    return new Choice(guess.part(best), most);
  }

  private synchronized TokenTree worthwhile(TokenTree guess, Wish wish) {
    trials.answered(guess.size() > 0);
    return guess.size() == 0 || wish.trial() ? guess : choose(guess, ofDraft).tree();
  }

  /** Of each node, the chance that it and all above it are accepted. */
  private static double[] chances(TokenTree guess, Calibration calibration) {
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
   * @param guessed levels of the draft's guess, verified or not; 0 where it was not asked
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
    learn(tree, last, round.lookedUp() ? ofLookup : ofDraft);
    if (!times.known()) {
      return;
    }
    double drafting = 0;
    if (guessed > 0) {
      trials.verified(tokens > 1);
      draftTimes.add(guessed, round.draftNanos());
      if (draftTimes.count(guessed) < WARM) {
        return;
      }
      drafting = draftTimes.median(guessed) / times.of(1);
    }
    double time = passes(tokens) + drafting;
    if (guessed > 0) {
      trials.add(round.emitted() - 1 - price() * (time - 1));
      for (int level = 1; level <= guessed; level++) {
        reached[level] += NEW * ((round.accepted() >= level ? 1 : 0) - reached[level]);
      }
    }
    rounds += 1 - NEW * rounds;
    emitted += round.emitted() - NEW * emitted;
    spent += time - NEW * spent;
  }

  /** What became of the nodes under accepted ones. */
  private static void learn(TokenTree tree, int last, Calibration calibration) {
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

  /** What would have become of a chain that was not verified. */
  private synchronized void learn(TokenTree chain, int token) {
    if (chain.size() > 0) {
      ofLookup.add(chain.logProbabilities()[0], chain.tokens()[0] == token);
    }
  }

  private final class OneSequence implements TreePolicy {
    private TokenTree suggested = TokenTree.EMPTY;
    private Wish wish = Wish.NONE;
    private int guessed;

    @Override
    public int longestLookup() {
      return longestLookup;
    }

    @Override
    public TokenTree lookedUp(TokenTree chain) {
      suggested = chain;
      guessed = 0;
      return AdaptiveTrees.this.lookedUp(chain);
    }

    @Override
    public TreeShape next() {
      wish = AdaptiveTrees.this.next();
      return wish.shape();
    }

    @Override
    public float floor() {
      return wish.floor();
    }

    @Override
    public TokenTree worthwhile(TokenTree guess) {
      guessed = Math.min(DEEPEST, guess.depth());
      return wish.shape().depth() == 0 ? guess : AdaptiveTrees.this.worthwhile(guess, wish);
    }

    @Override
    public void observe(Round round, TokenTree tree, int last, int token) {
      AdaptiveTrees.this.observe(round, tree, last, guessed);
      if (!round.lookedUp()) {
        learn(suggested, token);
      }
    }
  }
}
