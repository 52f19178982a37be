package dev.dovetail.engine.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.models.RopeConfig;
import dev.dovetail.models.RopeConfig.Scaling;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RopeTableTest {
  private static final int DIMENSIONS = 64;

  @ParameterizedTest
  @CsvSource({
    "0, 10000",
    "1, 10000",
    "255, 100000",
    "256, 100000",
    "1000, 1000000",
    "8000, 500000"
  })
  void anglesFollowThePaper(int position, float base) {
    float[] row = row(new Scaling.None(), base, Optional.empty(), position);
    for (int i = 0; i < DIMENSIONS / 2; i++) {
      double angle = position * Math.pow(base, -2.0 * i / DIMENSIONS);
      // An angle is rounded to f32: half a unit in its last place is the error of what follows.
      double slack = 2e-7 + angle * 1.2e-7;
      assertThat((double) row[i]).as("cos %d", i).isCloseTo(Math.cos(angle), within(slack));
      assertThat((double) row[DIMENSIONS / 2 + i])
          .as("sin %d", i)
          .isCloseTo(Math.sin(angle), within(slack));
    }
  }

  @Test
  void rowsDoNotDependOnTheOrderOfAsking() {
    RopeTable table =
        new RopeTable(
            new RopeConfig(DIMENSIONS, 1e4f, true, new Scaling.None(), 1, Optional.empty()));
    float[] late = new float[DIMENSIONS];
    table.angles(700, late, 0);
    float[] early = new float[DIMENSIONS + 3];
    table.angles(3, early, 3);
    assertThat(late).containsExactly(row(new Scaling.None(), 1e4f, Optional.empty(), 700));
    assertThat(early[3 + DIMENSIONS / 2]).isEqualTo((float) Math.sin(3));
  }

  @Test
  void linearScalingDividesPositions() {
    assertThat(row(new Scaling.Linear(4), 1e4f, Optional.empty(), 400))
        .containsExactly(row(new Scaling.None(), 1e4f, Optional.empty(), 100), within(1e-5f));
  }

  @Test
  void frequencyFactorsDivideFrequencies() {
    float[] factors = new float[DIMENSIONS / 2];
    java.util.Arrays.fill(factors, 8);
    assertThat(row(new Scaling.None(), 1e4f, Optional.of(factors), 800))
        .containsExactly(row(new Scaling.None(), 1e4f, Optional.empty(), 100), within(1e-5f));
  }

  /** Fast pairs stay as they are, slow ones are interpolated (Peng et al. 2023). */
  @Test
  void yarnInterpolatesByParts() {
    Scaling.Yarn yarn = new Scaling.Yarn(4, 2048, 32, 1);
    float[] row = row(yarn, 1e4f, Optional.empty(), 100);
    assertThat(row[0]).isCloseTo((float) Math.cos(100), within(1e-5f));
    int slowest = DIMENSIONS / 2 - 1;
    double slow = 100 * Math.pow(1e4, -2.0 * slowest / DIMENSIONS) / 4;
    assertThat(row[2 * slowest + 1]).isCloseTo((float) Math.sin(slow), within(1e-6f));
  }

  @Test
  void magnitudeMultipliesBoth() {
    float[] row = new float[DIMENSIONS];
    new RopeTable(
            new RopeConfig(DIMENSIONS, 1e4f, true, new Scaling.None(), 0.75f, Optional.empty()))
        .angles(5, row, 0);
    assertThat(row[0]).isEqualTo((float) Math.cos(5) * 0.75f);
    assertThat(row[DIMENSIONS / 2]).isEqualTo((float) Math.sin(5) * 0.75f);
  }

  private static float[] row(Scaling scaling, float base, Optional<float[]> factors, int position) {
    float[] row = new float[DIMENSIONS];
    new RopeTable(new RopeConfig(DIMENSIONS, base, true, scaling, 1, factors))
        .angles(position, row, 0);
    return row;
  }
}
