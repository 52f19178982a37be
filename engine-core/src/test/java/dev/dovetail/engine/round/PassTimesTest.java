package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PassTimesTest {
  private final PassTimes times = new PassTimes();

  private void add(int n, long... nanos) {
    for (long each : nanos) {
      times.add(n, each);
    }
  }

  @Test
  void nothingIsKnownBeforePlainPasses() {
    add(1, 100, 100);
    assertThat(times.known()).isFalse();
    add(1, 100);
    assertThat(times.known()).isTrue();
  }

  @Test
  void theFastestOfFewPassesCountsAndTheMedianOfFive() {
    add(1, 100, 90, 300, 110);
    assertThat(times.of(1)).isEqualTo(90);
    add(1, 120);
    assertThat(times.of(1)).isEqualTo(110);
    add(1, 200, 200);
    assertThat(times.of(1)).isEqualTo(200);
  }

  @Test
  void sizesThatWereNotSeenLieOnALineThroughThoseThatWere() {
    add(1, 100, 100, 100);
    assertThat(times.of(3)).isEqualTo(160);
    add(2, 150, 150, 150);
    assertThat(times.of(4)).isEqualTo(250);
    add(6, 250, 250, 250);
    assertThat(times.of(4)).isEqualTo(200);
    assertThat(times.of(10)).isEqualTo(370);
  }

  @Test
  void moreTokensNeverTakeLess() {
    add(1, 100, 100, 100);
    add(2, 80, 80, 80);
    assertThat(times.of(4)).isEqualTo(80);
  }

  @Test
  void whatIsLongAgoIsForgotten() {
    add(2, 900, 900, 900);
    for (int i = 0; i < 500; i++) {
      add(1, 100);
    }
    assertThat(times.of(2)).isEqualTo(130);
  }

  @Test
  void aFewPassesSayOnlyHowFastASizeCanBe() {
    add(1, 100, 100, 100);
    add(2, 900, 900);
    assertThat(times.of(2)).isEqualTo(130);
    add(2, 110);
    assertThat(times.of(2)).isEqualTo(110);
  }
}
