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
 * <p>Time has a price: the tokens that come in it where nothing is looked up. What is worth most is
 * what holds most tokens after its time is paid.
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

  private final int longestLookup;
  private final RoundPrices prices = new RoundPrices(DEEPEST);
  private final Calibration ofDraft;
  private final Calibration ofLookup = new Calibration(0);
  private final DraftTrials trials = new DraftTrials();

  /**
   * The share of rounds that drafted so many levels in which the last was verified and accepted.
   */
  private final double[] reached = new double[DEEPEST + 1];

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
  private synchronized TokenTree lookedUp(TokenTree chain, boolean silent) {
    if (chain.size() == 0 || plainIsDue()) {
      return TokenTree.EMPTY;
    }
    // What follows is mostly looked up too, so that the best speed is the price.
    double[] chances = ofLookup.chances(chain);
    double fastest = 1;
    double gained = 0;
    int best = 0;
    double yield = 1;
    for (int length = 1; length <= chances.length; length++) {
      yield += chances[length - 1];
      double time = prices.pass(1 + length);
      if (yield / time > fastest) {
        fastest = yield / time;
        gained = yield - 1 - prices.price() * (time - 1);
        best = length;
      }
    }
    return gained > (silent ? 0 : trials.mean()) ? chain.beginning(best) : TokenTree.EMPTY;
  }

  /** The first passes are slower than those that follow, and T(1) may change. */
  private boolean plainIsDue() {
    return !prices.known() || roundsWithoutPlain >= Math.min(PLAIN_EVERY, 2 * plainRounds);
  }

  private synchronized Wish next() {
    if (plainIsDue() || trials.paused()) {
      return Wish.NONE;
    }
    if (trials.tries()) {
      return Wish.TRIAL;
    }
    double first = prices.firstNode();
    double further = prices.furtherNode();
    double level = prices.level();
    // Twice the levels that pay, or it would not be known when more begin to pay; only a few
    // shapes, because a GPU records each of them.
    int depth = 1;
    while (depth < DEEPEST && reached[depth] * (1 - (depth == 1 ? first : further)) > level) {
      depth *= 2;
    }
    double others = (prices.pass(1 + 4 * depth) - prices.pass(1 + depth)) / (3 * depth);
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

  /** So many of the likeliest nodes that they bring most tokens over a plain pass. */
  private synchronized TokenTree worthwhile(TokenTree guess) {
    double[] chances = ofDraft.chances(guess);
    boolean[] kept = new boolean[chances.length];
    boolean[] best = kept.clone();
    double most = 0;
    double yield = 0;
    for (int nodes = 1; nodes <= chances.length; nodes++) {
      int next = likeliest(chances, kept);
      kept[next] = true;
      yield += chances[next];
      double gained = yield - prices.price() * (prices.pass(1 + nodes) - 1);
      if (gained > most) {
        most = gained;
        best = kept.clone();
      }
    }
    return guess.part(best);
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
   * @param asked whether the draft was
   * @param guessed levels of its guess, verified or not
   */
  private synchronized void observe(
      Round round, TokenTree tree, int last, boolean asked, int guessed) {
    trials.round();
    int tokens = 1 + tree.size();
    prices.addPass(tokens, round.verifyNanos());
    if (tokens == 1) {
      plainRounds = Math.min(PLAIN_EVERY, plainRounds + 1);
      roundsWithoutPlain = 0;
    } else {
      roundsWithoutPlain++;
    }
    (round.lookedUp() ? ofLookup : ofDraft).learn(tree, last);
    if (!prices.known()) {
      return;
    }
    double drafting = 0;
    if (asked) {
      trials.verified(tokens > 1);
      prices.addDraft(guessed, round.draftNanos());
      if (!prices.warm(guessed)) {
        return;
      }
      drafting = prices.draft(guessed, round.draftNanos());
    }
    double time = prices.pass(tokens) + drafting;
    if (asked) {
      trials.add(round.emitted() - 1 - prices.price() * (time - 1));
      for (int level = 1; level <= guessed; level++) {
        reached[level] += NEW * ((round.accepted() >= level ? 1 : 0) - reached[level]);
      }
    }
    if (!round.lookedUp()) {
      prices.add(round.emitted(), time);
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

    /** Whether the draft had no guess when it was last asked; it may be lost. */
    private boolean silent;

    @Override
    public int longestLookup() {
      return longestLookup;
    }

    @Override
    public TokenTree lookedUp(TokenTree chain) {
      suggested = chain;
      wish = Wish.NONE;
      guessed = 0;
      return AdaptiveTrees.this.lookedUp(chain, silent);
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
      silent = asked() ? guessed == 0 : silent;
      return guessed == 0 || wish.trial() ? guess : AdaptiveTrees.this.worthwhile(guess);
    }

    @Override
    public void observe(Round round, TokenTree tree, int last, int token) {
      AdaptiveTrees.this.observe(round, tree, last, asked(), guessed);
      if (!round.lookedUp()) {
        learn(suggested, token);
      }
    }

    private boolean asked() {
      return wish.shape().depth() > 0;
    }
  }
}
