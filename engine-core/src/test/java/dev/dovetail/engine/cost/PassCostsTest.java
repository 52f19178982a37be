package dev.dovetail.engine.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.decoder.PassWork;
import dev.dovetail.engine.device.DeviceLimits;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PassCostsTest {
  private final PassCosts costs =
      new PassCosts(
          "panama-512",
          2,
          new DeviceLimits(40, 200, 1),
          new PassWork(100_000_000, 130_000_000, 30_000_000),
          128,
          new TreeMap<>(Map.of(1, 5.0, 4, 10.0)),
          new TreeMap<>(Map.of(128, 1000.0)));

  @Test
  void ratesAreWorkByTime() {
    assertThat(costs.readGbPerS(1)).isEqualTo(20, within(1e-9));
    assertThat(costs.gmacPerS(4)).isEqualTo(52, within(1e-9));
  }

  @Test
  void sharesAreOfTheLimits() {
    assertThat(costs.readShare(1)).isEqualTo(0.5, within(1e-9));
    assertThat(costs.fmaShare(4)).isEqualTo(0.26, within(1e-9));
  }

  @Test
  void aPromptDoesNotCountTheHead() {
    assertThat(costs.prefillFmaShare(128)).isEqualTo(0.5, within(1e-9));
  }

  @Test
  void limitsAreTheBestThatWasSeen() {
    DeviceLimits best = new DeviceLimits(40, 100, 2).best(new DeviceLimits(30, 200, 1));

    assertThat(best).isEqualTo(new DeviceLimits(40, 200, 1));
  }
}
