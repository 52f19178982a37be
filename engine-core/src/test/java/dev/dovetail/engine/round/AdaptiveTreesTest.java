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

    double gain = TOKENS / world.time(new AdaptiveTrees(false).newPolicy());

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

    assertThat(world.time(new AdaptiveTrees(false).newPolicy())).isLessThan(1.02 * TOKENS);
    assertThat(world.time(fixed(1, 1))).isGreaterThan(1.3 * TOKENS);
  }

  @Test
  void aDraftThatThinksTooMuchOfItselfIsFoundOut() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.3);
    world.said = 0.9;

    assertThat(world.time(new AdaptiveTrees(false).newPolicy())).isLessThan(1.03 * TOKENS);
    assertThat(world.time(fixed(1, 1))).isGreaterThan(1.2 * TOKENS);
  }

  @Test
  void whereFurtherTokensCostNothingItGuessesAllItCan() {
    World world = new World(n -> 1 + 0.001 * n, 0.01, t -> 0.8);

    double gain = TOKENS / world.time(new AdaptiveTrees(false).newPolicy());

    assertThat(gain).isGreaterThan(0.93 * TOKENS / world.time(fixed(8, 2)));
  }

  @Test
  void slowPassesOfOtherMakingDoNotMisleadIt() {
    World quiet = new World(AdaptiveTreesTest::twoCores, 0.05, AdaptiveTreesTest::mixed);
    World busy = new World(AdaptiveTreesTest::twoCores, 0.05, AdaptiveTreesTest::mixed);
    busy.noise = 0.15;
    busy.spikes = 0.03;

    quiet.time(new AdaptiveTrees(false).newPolicy());
    busy.time(new AdaptiveTrees(false).newPolicy());

    // What it chose, not what the noise itself took.
    assertThat(busy.undisturbed).isLessThan(1.05 * quiet.undisturbed);
  }

  @Test
  void aKernelsSlowFirstUseIsForgotten() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.95);
    double warm = world.time(new AdaptiveTrees(false).newPolicy());
    world.firstUse = 20;

    world.time(new AdaptiveTrees(false).newPolicy());

    assertThat(world.undisturbed).isLessThan(1.05 * warm);
  }

  @Test
  void itFollowsAMachineThatBecomesBusy() {
    AdaptiveTrees trees = new AdaptiveTrees(false);
    new World(n -> 1 + 0.1 * (n - 1), 0.05, t -> 0.7).time(trees.newPolicy());
    World busy = new World(n -> n, 0.2, t -> 0.7);

    assertThat(busy.time(trees.newPolicy())).isLessThan(1.05 * TOKENS);
  }

  /** Although it costs next to nothing, so that nothing is lost by asking it in vain. */
  @Test
  void aDraftThatBecomesGoodIsUsedAgain() {
    AdaptiveTrees trees = new AdaptiveTrees(false);
    World bad = new World(AdaptiveTreesTest::twoCores, 0.005, t -> 0.1);
    bad.said = 0.95;
    bad.time(trees.newPolicy());
    World good = new World(AdaptiveTreesTest::twoCores, 0.005, t -> 0.95);
    good.said = 0.95;

    double fresh = good.time(new AdaptiveTrees(false).newPolicy());
    assertThat(good.time(trees.newPolicy())).isLessThan(1.2 * fresh);
  }

  @Test
  void longPassesThatBecomeFastAreUsedAgain() {
    AdaptiveTrees trees = new AdaptiveTrees(false);
    new World(n -> n < 3 ? 1 : 4 * n, 0.005, t -> 0.95).time(trees.newPolicy());
    World flat = new World(n -> 1 + 0.1 * (n - 1), 0.005, t -> 0.95);

    double fresh = flat.time(new AdaptiveTrees(false).newPolicy());
    assertThat(flat.time(trees.newPolicy())).isLessThan(1.35 * fresh);
  }

  @Test
  void aNewTextGoesOnWithWhatWasLearnt() {
    World world = new World(AdaptiveTreesTest::twoCores, 0.05, t -> 0.9);
    AdaptiveTrees trees = new AdaptiveTrees(false);
    assertThat(trees.newPolicy().next()).isEqualTo(TreeShape.NONE);
    world.time(trees.newPolicy());

    assertThat(trees.newPolicy().next()).isNotEqualTo(TreeShape.NONE);
  }

  private static TreePolicy fixed(int depth, int width) {
    return TreePolicy.fixed(new TreeShape(depth, width));
  }

  /** A text, of which the draft guesses each token with some chance. T(1) is 1. */
  private static final class World {
    private static final double NANOS = 1e6;
    private final IntToDoubleFunction pass;
    private final double level;
    private final double[] chances;
    private final boolean[] right;
    private final boolean[] second;
    private double said;
    private double noise;
    private double spikes;
    private double firstUse = 1;
    private double undisturbed;

    World(IntToDoubleFunction pass, double level, IntToDoubleFunction chance) {
      this.pass = pass;
      this.level = level;
      Random random = new Random(5);
      int length = TOKENS + 2 * TreeShape.MAX_NODES;
      chances = IntStream.range(0, length).mapToDouble(chance).toArray();
      right = new boolean[length];
      second = new boolean[length];
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
      for (int at = 0; at < TOKENS; ) {
        TreeShape shape = policy.next();
        TokenTree guess = guess(shape, policy.floor(), at);
        TokenTree tree = policy.worthwhile(guess);
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
                tree.size(),
                tree.depth(),
                accepted,
                accepted + 1,
                (long) (draft * NANOS),
                (long) (Math.max(0.1, verify) * NANOS));
        policy.observe(round, tree, last);
        at += accepted + 1;
      }
      return total;
    }

    /** The token 1 is right, 0 is wrong; wider trees have a second guess under each first one. */
    private TokenTree guess(TreeShape shape, float floor, int at) {
      int width = Math.min(2, shape.width());
      int levels = 0;
      for (double log = 0; levels < shape.depth() && (levels == 0 || log > floor); levels++) {
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
