package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundCounterTest {
  @Test
  void roundsAreCountedByWhatTheyDid() {
    RoundCounter counter = new RoundCounter();
    counter.add(round(8, 4, 0));
    counter.add(round(8, 4, 1));
    counter.add(round(8, 4, 4));
    counter.add(round(2, 1, 1));
    counter.add(round(0, 0, 0));
    counter.add(new Round(true, 4, 4, 3, 4, 0, 20));

    RoundCounts counts = counter.counts();

    assertThat(counts.byAccepted()).containsExactly(2L, 2L, 0L, 1L, 1L);
    assertThat(counts.byDepth()).containsExactly(1L, 1L, 0L, 0L, 4L);
    assertThat(counts.wholeByDepth()).containsExactly(1L, 1L, 0L, 0L, 1L);
    assertThat(counts.byNodes()).isEqualTo(Map.of(0, 1L, 2, 1L, 4, 1L, 8, 3L));
    assertThat(counts.lookedUp()).isEqualTo(1);
    assertThat(counts.lookedUpAccepted()).isEqualTo(3);
  }

  @Test
  void theLargestTreeIsCounted() {
    RoundCounter counter = new RoundCounter();
    counter.add(round(TreeShape.MAX_NODES, TreeShape.MAX_NODES, TreeShape.MAX_NODES));

    assertThat(counter.counts().byAccepted()).hasSize(TreeShape.MAX_NODES + 1);
  }

  @Test
  void nothingIsNoRound() {
    assertThat(new RoundCounter().counts()).isEqualTo(RoundCounts.NONE);
  }

  private static Round round(int drafted, int depth, int accepted) {
    return new Round(false, drafted, depth, accepted, accepted + 1, 10, 20);
  }
}
