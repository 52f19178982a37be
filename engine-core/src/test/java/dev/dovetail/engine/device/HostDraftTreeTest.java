package dev.dovetail.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostDraftTreeTest {
  private static final int VOCABULARY = 12;
  private static final int[] NONE = {};

  private final Sampler greedy = new Sampler(SamplingOptions.GREEDY, VOCABULARY);
  private final DraftTree tree = new HostDraftTree(64, buffer -> ((Numbers) buffer).values());

  private record Numbers(float[] values) implements Buffer {
    @Override
    public int length() {
      return values.length;
    }

    @Override
    public void close() {}
  }

  private static Rows rows(int width, float... values) {
    return new Rows(new Numbers(values), 0, width, width);
  }

  private TreeGrowth growth(Sampler sampler, int[] given, int... widths) {
    return growth(TreeGrowth.NO_FLOOR, sampler, given, widths);
  }

  private TreeGrowth growth(float floor, Sampler sampler, int[] given, int... widths) {
    return new TreeGrowth(sampler, null, new int[] {3, 1, 4, 0, 0, 0, 0}, 3, given, widths, floor);
  }

  @Test
  void growthEndsBehindALevelThatIsNotLikelyEnough() {
    float[] first = logits(new Random(1), 1);
    tree.begin(growth(greedy, NONE, 2, 2), 0);
    tree.grow(rows(VOCABULARY, first));
    float best = tree.read().logProbabilities()[0];
    TreeBatch batch = new TreeBatch(64);

    tree.begin(growth(Math.nextDown(best), greedy, NONE, 2, 2), 0);
    tree.grow(rows(VOCABULARY, first));
    assertThat(tree.addLevel(batch)).isTrue();

    tree.begin(growth(best, greedy, NONE, 2, 2), 0);
    tree.grow(rows(VOCABULARY, first));
    assertThat(tree.addLevel(batch)).isFalse();
    assertThat(tree.read().tokens()).hasSize(2);
  }

  /** Against all paths of two levels, by their whole probability. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void theLikeliestPathsStay(int width) {
    Random random = new Random(width);
    float[] first = logits(random, 1);
    tree.begin(growth(greedy, NONE, width, width), 0);
    tree.grow(rows(VOCABULARY, first));
    float[] second = logits(random, width);
    TreeBatch batch = new TreeBatch(64);
    assertThat(tree.addLevel(batch)).isTrue();
    tree.grow(rows(VOCABULARY, second));
    DraftNodes nodes = tree.read();
    assertThat(nodes.tokens()).hasSize(2 * width);

    record Path(int parent, int token, double log) {}
    List<Path> all = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      assertThat(nodes.parents()[i]).isEqualTo(-1);
      assertThat(batch.token(i)).isEqualTo(nodes.tokens()[i]);
      for (int token = 0; token < VOCABULARY; token++) {
        double log = log(first, 0, nodes.tokens()[i]) + log(second, i, token);
        all.add(new Path(i, token, log));
      }
    }
    all.sort(Comparator.comparingDouble(Path::log).reversed());
    for (int i = 0; i < width; i++) {
      assertThat(nodes.parents()[width + i]).isEqualTo(all.get(i).parent());
      assertThat(nodes.tokens()[width + i]).isEqualTo(all.get(i).token());
    }
  }

  private static float[] logits(Random random, int rows) {
    float[] logits = new float[rows * VOCABULARY];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
    return logits;
  }

  private static double log(float[] logits, int row, int token) {
    double sum = 0;
    for (int i = 0; i < VOCABULARY; i++) {
      sum += Math.exp(logits[row * VOCABULARY + i]);
    }
    return logits[row * VOCABULARY + token] - Math.log(sum);
  }

  @Test
  void aGivenChainStandsInFront() {
    tree.begin(growth(greedy, new int[] {7, 9}, 2), 0);
    TreeBatch batch = new TreeBatch(8);
    batch.reset(2);
    assertThat(tree.addLevel(batch)).isTrue();
    batch.advance();
    assertThat(tree.addLevel(batch)).isTrue();
    assertThat(batch.token(1)).isEqualTo(9);
    assertThat(batch.position(1)).isEqualTo(3);
    float[] logits = new float[VOCABULARY];
    logits[5] = 2;
    logits[6] = 1;
    tree.grow(rows(VOCABULARY, logits));
    DraftNodes nodes = tree.read();
    assertThat(nodes.tokens()).containsExactly(7, 9, 5, 6);
    assertThat(nodes.parents()).containsExactly(-1, 0, 1, 1);
    assertThat(nodes.logProbabilities()).startsWith(0, 0);
  }

  /** The path to a node counts as seen, the paths to its neighbours do not. */
  @Test
  void eachRowIsRankedBehindItsOwnPath() {
    Sampler sampler = new Sampler(SamplingOptions.GREEDY.withRepeatPenalty(10, 2), 5);
    tree.begin(growth(sampler, NONE, 2, 2), 0);
    tree.grow(rows(4, 5, 0, 5, -1));
    TreeBatch batch = new TreeBatch(8);
    tree.addLevel(batch);
    // Both like token 0 and token 2; each has just had one of them.
    tree.grow(rows(4, 6, 0, 5, 0, 6, 0, 5, 0));
    DraftNodes nodes = tree.read();
    assertThat(nodes.tokens()).containsExactly(0, 2, 0, 2);
    assertThat(nodes.parents()).containsExactly(-1, -1, 1, 0);
  }

  @Test
  void missingCandidatesLeaveAFullLevelBehind() {
    float lowest = Float.NEGATIVE_INFINITY;
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, 3);
    tree.begin(growth(sampler, NONE, 3, 3, 1), 0);
    tree.grow(rows(3, 1, lowest, lowest));
    TreeBatch batch = new TreeBatch(8);
    assertThat(tree.addLevel(batch)).isTrue();
    assertThat(batch.size()).isEqualTo(3);
    batch.advance();
    // What stands below the nodes that only fill the level is not read.
    tree.grow(rows(3, 0, 1, 0, 9, 9, 9, Float.NaN, 9, 9));
    assertThat(tree.addLevel(batch)).isTrue();
    tree.grow(rows(3, Float.NaN, 0, 0, 0, 1, 0, Float.POSITIVE_INFINITY, 0, 0));
    DraftNodes nodes = tree.read();
    assertThat(nodes.tokens()).containsExactly(0, 1, 0, 2, 1);
    assertThat(nodes.parents()).containsExactly(-1, 0, 0, 0, 2);
  }

  @Test
  void nonsenseGuessesNothing() {
    tree.begin(growth(greedy, NONE, 2, 2), 0);
    float[] logits = new float[VOCABULARY];
    logits[3] = Float.NaN;
    tree.grow(rows(VOCABULARY, logits));
    assertThat(tree.addLevel(new TreeBatch(8))).isFalse();
    assertThat(tree.read().tokens()).isEmpty();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> growth(greedy, NONE, 2, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a level's width is 0; wanted 1 or more");
    assertThatThrownBy(() -> growth(greedy, new int[] {1, 2, 3}, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tree of 6 levels behind 3 tokens in an array of 7");
    assertThatThrownBy(() -> tree.begin(growth(greedy, NONE, 60, 5), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tree of 65 nodes; there is room for 64");
  }
}
