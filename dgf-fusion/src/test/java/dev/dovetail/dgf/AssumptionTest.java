package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AssumptionTest {
  private static final TreeShape SHAPE = new TreeShape(2, 2);

  /** The sequence 1 2 3, then the trunk 4 5 and the guessed 6, then the tree. */
  private static final DraftNodes NODES =
      new DraftNodes(
          new int[] {4, 5, 6, 10, 11, 12, 13},
          new int[] {-1, 0, 1, 2, 2, 4, 3},
          new float[] {0, 0, -1, -2, -3, -4, -5},
          100);

  private final Sampler sampler = new Sampler(SamplingOptions.GREEDY, 20);
  private final Assumption assumption = new Assumption();

  private Optional<TokenTree> take(TreeShape shape, Sampler sampler, int... context) {
    assumption.begin(new GrowthPlan(2, SHAPE), new int[] {4, 5}, 3, this.sampler);
    assertThat(assumption.open()).isTrue();
    assumption.settle(NODES, 30);
    assertThat(assumption.open()).isFalse();
    return assumption.take(shape, context, context.length, sampler);
  }

  @Test
  void holdsWhereTheTrunkCame() {
    TokenTree tree = take(SHAPE, sampler, 1, 2, 3, 4, 5, 6).orElseThrow();
    assertThat(tree.tokens()).containsExactly(10, 11, 12, 13);
    assertThat(tree.parents()).containsExactly(-1, -1, 1, 0);
    assertThat(tree.logProbabilities()).containsExactly(-2, -3, -4, -5);
    assertThat(assumption.stats()).isEqualTo(new AheadStats(1, 0, 70));
    assertThat(assumption.take(SHAPE, new int[] {1, 2, 3, 4, 5, 6}, 6, sampler)).isEmpty();
    assertThat(assumption.stats()).isEqualTo(new AheadStats(1, 0, 70));
  }

  @Test
  void isCutToWhatIsWanted() {
    TokenTree tree = take(new TreeShape(1, 2), sampler, 1, 2, 3, 4, 5, 6).orElseThrow();
    assertThat(tree.tokens()).containsExactly(10, 11);
  }

  @Test
  void doesNotHoldOtherwise() {
    assertThat(take(SHAPE, sampler, 1, 2, 3, 4, 5, 7)).isEmpty();
    assertThat(take(SHAPE, sampler, 1, 2, 3, 4, 6)).isEmpty();
    assertThat(take(SHAPE, sampler, 1, 2, 3, 4, 5, 6, 10)).isEmpty();
    assertThat(take(new TreeShape(2, 3), sampler, 1, 2, 3, 4, 5, 6)).isEmpty();
    assertThat(take(SHAPE, new Sampler(SamplingOptions.GREEDY, 20), 1, 2, 3, 4, 5, 6)).isEmpty();
    assertThat(assumption.stats()).isEqualTo(new AheadStats(0, 5, 0));
  }

  @Test
  void withoutAGuessedTokenThereIsNothing() {
    assumption.begin(new GrowthPlan(2, SHAPE), new int[] {4, 5}, 3, sampler);
    int[] tokens = {4, 5};
    assumption.settle(new DraftNodes(tokens, new int[] {-1, 0}, new float[2], 1), 0);
    assertThat(assumption.take(SHAPE, new int[] {1, 2, 3, 4, 5, 0}, 6, sampler)).isEmpty();
  }
}
