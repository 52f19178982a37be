package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class SoftmaxWeightsTest {
  @Test
  void weightIsTheExponentialOfTheGap() {
    for (double gap = 0; gap > -40; gap -= 0.00137) {
      assertThat(SoftmaxWeights.weight(gap))
          .as("gap " + gap)
          .isCloseTo(StrictMath.exp(gap), within(0x1p-32));
    }
    assertThat(SoftmaxWeights.weight(0)).isEqualTo(1);
    assertThat(SoftmaxWeights.weight(Double.NEGATIVE_INFINITY)).isZero();
  }

  @Test
  void totalIsExactInAnyOrder() {
    Random random = new Random(4);
    float[] logits = new float[5000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() - 9);
    }
    logits[17] = 0;
    double backwards = 0;
    double exact = 0;
    for (int i = logits.length - 1; i >= 3; i--) {
      backwards += SoftmaxWeights.weight(logits[i] * 0.7);
      exact += StrictMath.exp(logits[i] * 0.7);
    }
    double total = SoftmaxWeights.total(logits, 3, logits.length - 3, 0, 0.7);
    assertThat(total).isEqualTo(backwards).isCloseTo(exact, within(logits.length * 0x1p-32));
  }
}
