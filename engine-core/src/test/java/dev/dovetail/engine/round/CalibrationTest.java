package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CalibrationTest {
  private static final float HALF = (float) Math.log(0.5);
  private static final float SURE = (float) Math.log(0.99);
  private final Calibration calibration = new Calibration(0);

  @Test
  void atFirstTheDraftIsBelieved() {
    assertThat(calibration.chance(HALF)).isCloseTo(0.5, within(1e-6));
    assertThat(calibration.chance(0)).isEqualTo(1);
    assertThat(calibration.chance(Float.NEGATIVE_INFINITY)).isZero();
  }

  @Test
  void laterWhatBecameOfItsGuesses() {
    for (int i = 0; i < 1000; i++) {
      calibration.add(SURE, i % 4 == 0);
    }
    assertThat(calibration.chance(SURE)).isCloseTo(0.25, within(0.06));
    assertThat(calibration.chance(HALF)).isCloseTo(0.5, within(1e-6));
  }

  @Test
  void whatIsLongAgoIsForgotten() {
    for (int i = 0; i < 1000; i++) {
      calibration.add(HALF, false);
    }
    for (int i = 0; i < 300; i++) {
      calibration.add(HALF, true);
    }
    assertThat(calibration.chance(HALF)).isGreaterThan(0.9);
  }

  @Test
  void whatIsNoProbabilityHasNoChance() {
    assertThat(calibration.chance(Float.NaN)).isZero();
    assertThat(calibration.chance(3)).isEqualTo(1);
  }
}
