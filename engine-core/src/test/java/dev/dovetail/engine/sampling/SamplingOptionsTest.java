package dev.dovetail.engine.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SamplingOptionsTest {
  private static final SamplingOptions WARM = SamplingOptions.of(0.8f, 3);

  @Test
  void defaultsCutNothingOff() {
    assertThat(WARM).isEqualTo(new SamplingOptions(0.8f, 0, 1, 0, 1, 64, 3));
    assertThat(WARM.greedy()).isFalse();
    assertThat(SamplingOptions.GREEDY.greedy()).isTrue();
  }

  @Test
  void withersChangeOneThing() {
    assertThat(
            SamplingOptions.GREEDY
                .withTemperature(2)
                .withTopK(3)
                .withTopP(0.5f)
                .withMinP(0.25f)
                .withRepeatPenalty(1.5f, 7)
                .withSeed(9))
        .isEqualTo(new SamplingOptions(2, 3, 0.5f, 0.25f, 1.5f, 7, 9));
  }

  @ParameterizedTest
  @ValueSource(floats = {-0.1f, Float.NaN, Float.POSITIVE_INFINITY})
  void temperature(float bad) {
    refuses(
        () -> WARM.withTemperature(bad),
        "temperature is " + bad + "; wanted a finite number, 0 (greedy) or greater");
  }

  @Test
  void topK() {
    refuses(() -> WARM.withTopK(-1), "top-k is -1; wanted 0 (off) or greater");
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0.5f, 1.01f, Float.NaN})
  void topP(float bad) {
    refuses(() -> WARM.withTopP(bad), "top-p is " + bad + "; wanted greater than 0, up to 1 (off)");
  }

  @ParameterizedTest
  @ValueSource(floats = {-0.5f, 1.01f, Float.NaN})
  void minP(float bad) {
    refuses(() -> WARM.withMinP(bad), "min-p is " + bad + "; wanted 0 (off) to 1");
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
  void repeatPenalty(float bad) {
    refuses(
        () -> WARM.withRepeatPenalty(bad, 64),
        "repeat penalty is " + bad + "; wanted a finite number greater than 0 (1: off)");
  }

  @Test
  void repeatWindow() {
    refuses(
        () -> WARM.withRepeatPenalty(1.1f, -2),
        "repeat window is -2; wanted 0 or greater, in tokens");
  }

  private static void refuses(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
