package dev.dovetail.engine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import org.junit.jupiter.api.Test;

/** Rows that are ranked on the host. */
class RankingTest {
  private final Sampler sampler = new Sampler(SamplingOptions.GREEDY.withRepeatPenalty(10, 1), 3);
  private final Candidates candidates = new Candidates();

  @Test
  void eachRowIsRankedBehindItsOwnContext() {
    int[][] contexts = {{0, 0}, {0, 2}, {0, 1}};
    float[] logits = {99, 5, 4, 1, 99, 5, 4, 1, 99, Float.NaN, 4, 1};
    Ranking ranking = new Ranking(sampler, null, 2, 2, i -> contexts[i]);
    ranking.rank(logits, 1, 4, 3, 3, candidates);
    assertThat(candidates.count(0)).isEqualTo(2);
    assertThat(candidates.token(0, 0)).isEqualTo(1);
    assertThat(candidates.token(0, 1)).isEqualTo(2);
    assertThat(candidates.token(1, 0)).isZero();
    assertThat(candidates.token(1, 1)).isEqualTo(1);
    assertThat(candidates.logProbability(1, 0)).isGreaterThan(candidates.logProbability(1, 1));
    assertThat(candidates.count(2)).isZero();
    assertThatThrownBy(() -> candidates.token(2, 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void candidatesAreUsedAgain() {
    Ranking wide = new Ranking(sampler, null, 3, 0, i -> new int[0]);
    wide.rank(new float[] {1, 2, 3}, 0, 3, 3, 1, candidates);
    assertThat(candidates.count(0)).isEqualTo(3);
    Ranking narrow = new Ranking(sampler, null, 1, 0, i -> new int[0]);
    narrow.rank(new float[] {1, 2, 3, 4, 3, 2}, 0, 3, 3, 2, candidates);
    assertThat(candidates.token(0, 0)).isEqualTo(2);
    assertThat(candidates.token(1, 0)).isZero();
    assertThat(candidates.count(1)).isEqualTo(1);
    assertThatThrownBy(() -> candidates.add(0, 1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> candidates.count(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aWidthOfNoneIsRefused() {
    assertThatThrownBy(() -> new Ranking(sampler, null, 0, 0, i -> new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("width is 0; wanted 1 or more");
  }
}
