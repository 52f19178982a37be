package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** In a made-up world of passes and guesses, whose times are exact or noisy as it pleases. */
class AdaptiveTreesTest {
  private static final int TOKENS = 4000;

  /**
   * Two cores and a large 4-bit model, as measured: T(n)/T(1) of 1 to 9 tokens. A draft that costs
   * a twentieth.
   */
  private static final double[] TWO_CORES = {1, 1.54, 2.35, 2.62, 3.34, 3.99, 4.8, 5.54, 6.2};

  private static double twoCores(int n) {
    return n <= TWO_CORES.length ? TWO_CORES[n - 1] : 0.7 * n;
  }

  /** Half of the text repeats what was said, in stretches; the rest is hard to guess. */
  private static double mixed(int position) {
    return position / 40 % 2 == 0 ? 0.95 : 0.35;
  }

  @Test
  void aTextThatIsPartlyEasyGainsMoreThanAnyFixedTree() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, AdaptiveTreesTest::mixed);

    double gain = TOKENS / world.time(new AdaptiveTrees(false, false).newPolicy());

    double best =
        IntStream.rangeClosed(1, 8)
            .mapToDouble(depth -> TOKENS / world.time(fixed(depth, 1)))
            .max()
            .orElseThrow();
    assertThat(gain).isGreaterThan(1.05 * best);
  }

  @Test
  void whereNothingPaysItDecodesPlainly() {
    // Each token of a pass costs as much as the first, and drafting a fifth of it.
    World world = new World(n -> n, 0.2, t -> 0.5);

    assertThat(world.time(new AdaptiveTrees(false, false).newPolicy())).isLessThan(1.02 * TOKENS);
    assertThat(world.time(fixed(1, 1))).isGreaterThan(1.3 * TOKENS);
  }

  @Test
  void aDraftThatThinksTooMuchOfItselfIsFoundOut() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.3);
    world.said = 0.9;

    assertThat(world.time(new AdaptiveTrees(false, false).newPolicy())).isLessThan(1.03 * TOKENS);
    assertThat(world.time(fixed(1, 1))).isGreaterThan(1.2 * TOKENS);
  }

  @Test
  void whereFurtherTokensCostNothingItGuessesAllItCan() {
    World world = new World(n -> 1 + 0.001 * n, 0.01, t -> 0.8);

    double gain = TOKENS / world.time(new AdaptiveTrees(false, false).newPolicy());

    assertThat(gain).isGreaterThan(0.93 * TOKENS / world.time(fixed(8, 2)));
  }

  @Test
  void slowPassesOfOtherMakingDoNotMisleadIt() {
    World quiet = new World(AdaptiveTreesTest::twoCores, 0.05, AdaptiveTreesTest::mixed);
    World busy = new World(AdaptiveTreesTest::twoCores, 0.05, AdaptiveTreesTest::mixed);
    busy.noise = 0.15;
    busy.spikes = 0.03;

    quiet.time(new AdaptiveTrees(false, false).newPolicy());
    busy.time(new AdaptiveTrees(false, false).newPolicy());

    // What it chose, not what the noise itself took.
    assertThat(busy.undisturbed).isLessThan(1.05 * quiet.undisturbed);
  }

  @Test
  void aKernelsSlowFirstUseIsForgotten() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.95);
    double warm = world.time(new AdaptiveTrees(false, false).newPolicy());
    world.firstUse = 20;

    world.time(new AdaptiveTrees(false, false).newPolicy());

    assertThat(world.undisturbed).isLessThan(1.05 * warm);
  }

  @Test
  void itFollowsAMachineThatBecomesBusy() {
    AdaptiveTrees trees = new AdaptiveTrees(false, false);
    new World(n -> 1 + 0.1 * (n - 1), 0.05, t -> 0.7).time(trees.newPolicy());
    World busy = new World(n -> n, 0.2, t -> 0.7);

    assertThat(busy.time(trees.newPolicy())).isLessThan(1.05 * TOKENS);
  }

  /** Although it costs next to nothing, so that nothing is lost by asking it in vain. */
  @Test
  void aDraftThatBecomesGoodIsUsedAgain() {
    AdaptiveTrees trees = new AdaptiveTrees(false, false);
    World bad = new World(AdaptiveTreesTest::twoCores, 0.005, t -> 0.1);
    bad.said = 0.95;
    bad.time(trees.newPolicy());
    World good = new World(AdaptiveTreesTest::twoCores, 0.005, t -> 0.95);
    good.said = 0.95;

    double fresh = good.time(new AdaptiveTrees(false, false).newPolicy());
    assertThat(good.time(trees.newPolicy())).isLessThan(1.2 * fresh);
  }

  @Test
  void longPassesThatBecomeFastAreUsedAgain() {
    AdaptiveTrees trees = new AdaptiveTrees(false, false);
    new World(n -> n < 3 ? 1 : 4 * n, 0.005, t -> 0.95).time(trees.newPolicy());
    World flat = new World(n -> 1 + 0.1 * (n - 1), 0.005, t -> 0.95);

    double fresh = flat.time(new AdaptiveTrees(false, false).newPolicy());
    assertThat(flat.time(trees.newPolicy())).isLessThan(1.35 * fresh);
  }

  @Test
  void aNewTextGoesOnWithWhatWasLearnt() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.9);
    AdaptiveTrees trees = new AdaptiveTrees(false, false);
    assertThat(trees.newPolicy().next()).isEqualTo(TreeShape.NONE);
    world.time(trees.newPolicy());

    assertThat(trees.newPolicy().next()).isNotEqualTo(TreeShape.NONE);
  }

  /** A stretch in forty is said for the second time, and the draft guesses none of it. */
  @Test
  void whatTheTextSuggestsIsUsedWhereItHolds() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.1);
    world.suggested = AdaptiveTreesTest::repeated;

    double gain = TOKENS / world.time(new AdaptiveTrees(false, true).newPolicy());

    assertThat(gain).isGreaterThan(1.1);
    assertThat(TOKENS / world.time(new AdaptiveTrees(false, false).newPolicy())).isLessThan(1);
    assertThat(world.lookedUp).isZero();
  }

  @Test
  void lookupsNeedNoDrafter() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0);
    world.suggested = AdaptiveTreesTest::repeated;

    assertThat(TOKENS / world.time(new AdaptiveTrees(false, true).newPolicy())).isGreaterThan(1.1);
  }

  @Test
  void lookupsThatDoNotHoldAreLeftAlone() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.1);
    world.suggested = t -> 0.2;
    world.suggestedAs = 0.9;

    assertThat(world.time(new AdaptiveTrees(false, true).newPolicy())).isLessThan(1.03 * TOKENS);
  }

  /** It is seen without being tried: each token says whether the lookup would have been right. */
  @Test
  void lookupsThatBeginToHoldAreUsedAgain() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.1);
    world.suggested = t -> t < TOKENS / 2 ? 0.2 : 0.95;
    world.suggestedAs = 0.9;

    double halves = world.time(new AdaptiveTrees(false, true).newPolicy()) / TOKENS;

    assertThat(halves).isLessThan(0.9);
  }

  @Test
  void aGoodDraftIsAskedBeforeAPoorLookup() {
    World world = new World(n -> 1 + 0.05 * (n - 1), 0.01, t -> 0.9);
    double alone = world.time(new AdaptiveTrees(false, false).newPolicy());
    world.suggested = t -> 0.5;

    assertThat(world.time(new AdaptiveTrees(false, true).newPolicy())).isLessThan(1.05 * alone);
  }

  /** Time that a lookup saves is worth no more elsewhere. */
  @Test
  void lookupsDoNotMakeADraftSeemDear() {
    World world = new World(n -> 1 + 0.45 * (n - 1), 0.05, t -> t / 10 % 2 == 0 ? 0.1 : 0.7);
    double draft = world.time(new AdaptiveTrees(false, false).newPolicy());
    world.suggested = t -> t / 10 % 2 == 0 ? 0.97 : 0;
    double lookup = world.time(new AdaptiveTrees(false, true).newPolicy());
    World alone = new World(n -> 1 + 0.45 * (n - 1), 0.05, t -> 0);
    alone.suggested = world.suggested;

    assertThat(lookup).isLessThan(0.9 * draft);
    assertThat(lookup).isLessThan(0.97 * alone.time(new AdaptiveTrees(false, true).newPolicy()));
  }

  /** T(1) is known however well lookups hold. */
  @Test
  void plainRoundsComeAgainInATextThatOnlyRepeats() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.1);
    world.suggested = t -> 1;

    world.time(new AdaptiveTrees(false, true).newPolicy());

    assertThat(world.plain).isGreaterThan(3);
    assertThat(world.lookedUp).isGreaterThan(5 * world.plain);
  }

  @Test
  void aFixedTreeLooksUpWhatIsLikelierThanADraft() {
    TreePolicy policy = TreePolicy.fixed(new TreeShape(3, 2), true);
    float[] likely = {(float) Math.log(0.65), -0.1f, -0.1f};
    float[] unlikely = {(float) Math.log(0.55), -0.1f, -0.1f};
    TokenTree chain = TokenTree.chain(new int[] {1, 2, 3}, likely);

    assertThat(policy.longestLookup()).isEqualTo(3);
    assertThat(policy.lookedUp(chain)).isEqualTo(chain);
    assertThat(policy.lookedUp(TokenTree.chain(new int[] {1, 2, 3}, unlikely)).size()).isZero();
    assertThat(policy.lookedUp(TokenTree.EMPTY).size()).isZero();
    assertThat(TreePolicy.fixed(new TreeShape(3, 2), false).longestLookup()).isZero();
  }

  private static double repeated(int position) {
    return position / 40 % 2 == 0 ? 0.97 : 0;
  }

  private static TreePolicy fixed(int depth, int width) {
    return TreePolicy.fixed(new TreeShape(depth, width), false);
  }

  /** A text, of which the draft guesses each token with some chance. T(1) is 1. */
  private static final class World {
    private static final double NANOS = 1e6;
    private final IntToDoubleFunction pass;
    private final double level;
    private final double[] chances;
    private final boolean[] right;
    private final boolean[] second;
    private final double[] luck;
    private double said;
    private double noise;
    private double spikes;
    private double firstUse = 1;
    private double undisturbed;
    private IntToDoubleFunction suggested = t -> 0;

    /** What the lookup says of its chances; 0: what they are. */
    private double suggestedAs;

    private int lookedUp;
    private int plain;

    World(IntToDoubleFunction pass, double level, IntToDoubleFunction chance) {
      this.pass = pass;
      this.level = level;
      Random random = new Random(5);
      int length = TOKENS + 2 * TreeShape.MAX_NODES;
      chances = IntStream.range(0, length).mapToDouble(chance).toArray();
      right = new boolean[length];
      second = new boolean[length];
      luck = new Random(7).doubles(length).toArray();
      for (int t = 0; t < length; t++) {
        double dice = random.nextDouble();
        right[t] = dice < chances[t];
        second[t] = !right[t] && dice < chances[t] + secondChance(t);
      }
    }

    private double secondChance(int position) {
      return 0.3 * (1 - chances[position]);
    }

    /** How long a text takes. */
    double time(TreePolicy policy) {
      Random random = new Random(6);
      boolean[] used = new boolean[TreeShape.MAX_NODES + 2];
      double total = 0;
      undisturbed = 0;
      lookedUp = 0;
      plain = 0;
      for (int at = 0; at < TOKENS; ) {
        TokenTree found = policy.lookedUp(suggestion(policy.longestLookup(), at));
        TokenTree guess = TokenTree.EMPTY;
        TokenTree tree = found;
        if (found.size() == 0) {
          guess = guess(policy.next(), policy.floor(), at);
          tree = policy.worthwhile(guess);
        }
        lookedUp += found.size() > 0 ? 1 : 0;
        plain += tree.size() == 0 ? 1 : 0;
        int last = TokenTree.ROOT;
        int accepted = 0;
        for (int child = tree.child(last, 1); child >= 0; child = tree.child(last, 1)) {
          last = child;
          accepted++;
        }
        double verify = pass.applyAsDouble(1 + tree.size());
        double draft = level * guess.depth();
        undisturbed += draft + verify;
        if (!used[tree.size()]) {
          used[tree.size()] = true;
          verify *= firstUse;
        }
        verify *= 1 + noise * random.nextGaussian();
        verify *= random.nextDouble() < spikes ? 8 : 1;
        total += draft + verify;
        Round round =
            new Round(
                found.size() > 0,
                tree.size(),
                tree.depth(),
                accepted,
                accepted + 1,
                (long) (draft * NANOS),
                (long) (Math.max(0.1, verify) * NANOS));
        // The token 1 is the right one.
        policy.observe(round, tree, last, 1);
        at += accepted + 1;
      }
      return total;
    }

    /** A chain of what the text suggests; none where that has no chance. */
    private TokenTree suggestion(int most, int at) {
      int length = 0;
      while (length < most && suggested.applyAsDouble(at + length) > 0) {
        length++;
      }
      int[] tokens = new int[length];
      float[] logs = new float[length];
      for (int i = 0; i < length; i++) {
        double chance = suggested.applyAsDouble(at + i);
        tokens[i] = luck[at + i] < chance ? 1 : 0;
        logs[i] = (float) Math.log(suggestedAs > 0 ? suggestedAs : chance);
      }
      return TokenTree.chain(tokens, logs);
    }

    /** The token 1 is right, 0 is wrong; wider trees have a second guess under each first one. */
    private TokenTree guess(TreeShape shape, float floor, int at) {
      int width = Math.min(2, shape.width());
      int levels = 0;
      for (double log = 0;
          levels < shape.depth() && chances[at] > 0 && (levels == 0 || log > floor);
          levels++) {
        log += Math.log(said > 0 ? said : chances[at + levels]);
      }
      int nodes = levels * width;
      int[] tokens = new int[nodes];
      int[] parents = new int[nodes];
      float[] logs = new float[nodes];
      for (int i = 0; i < nodes; i++) {
        int depth = i / width;
        int t = at + depth;
        boolean first = i % width == 0;
        tokens[i] = (first ? right[t] : second[t]) ? 1 : 0;
        parents[i] = depth == 0 ? TokenTree.ROOT : (depth - 1) * width;
        double chance = said > 0 ? said : chances[t];
        logs[i] = (float) Math.log(first ? chance : secondChance(t));
      }
      return new TokenTree(tokens, parents, logs);
    }
  }
}
