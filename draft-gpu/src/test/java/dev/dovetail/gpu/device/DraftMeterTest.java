package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.selftest.DraftMeter;
import dev.dovetail.engine.selftest.DraftRounds;
import dev.dovetail.engine.selftest.DraftSize;
import dev.dovetail.engine.selftest.DraftSpeed;
import dev.dovetail.engine.selftest.SelfTestSizes;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.TensorType;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Drafts of random weights, measured on the GPU that the CPU plays. */
class DraftMeterTest {
  private static final long SEED = 8;
  private static final long MEMORY = 64L << 20;
  private static final DraftSize QUANTISED = new DraftSize(1, 256, 4, 2, 256, 40, TensorType.Q4_K);
  private static final DraftSize HALF = new DraftSize(2, 64, 2, 2, 96, 48, TensorType.F16);
  private static final DraftSize TOO_LARGE =
      new DraftSize(1, 2048, 16, 16, 8192, 8192, TensorType.F16);

  private static List<DraftSpeed> run(CudaDevice gpu, DraftSize... drafts) {
    SelfTestSizes sizes =
        new SelfTestSizes(List.of(), List.of(), 0, 0, 0, 0, 0, 0, 0, List.of(drafts), 2);
    return new DraftMeter(gpu, sizes, SEED, what -> {}).run();
  }

  static void isMeasured(DraftRounds rounds) {
    DeviceLimits limits = new DeviceLimits(10, 10, 1);
    assertThat(rounds.levelMicros()).isPositive().isFinite();
    assertThat(rounds.oneLevelMicros()).isPositive().isLessThan(rounds.roundMicros());
    assertThat(rounds.executedMicros()).isPositive().isFinite();
    assertThat(rounds.gbPerS()).isPositive().isFinite();
    assertThat(rounds.share(limits)).isPositive().isFinite();
    assertThat(rounds.launchMicros()).isFinite();
    assertThat(rounds.onceMicros()).isFinite();
  }

  @BeforeEach
  void needsACompiler() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
  }

  @Test
  void draftsAreMeasuredAndGiveTheirMemoryBack() {
    try (CudaDevice gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, MEMORY)) {
      List<DraftSpeed> speeds = run(gpu, QUANTISED, HALF);

      assertThat(speeds).extracting(DraftSpeed::size).containsExactly(QUANTISED, HALF);
      assertThat(speeds)
          .allSatisfy(speed -> {
            assertThat(speed.skipped()).isEmpty();
            assertThat(speed.rounds())
                .extracting(DraftRounds::tree)
                .containsExactly(new TreeShape(4, 4), new TreeShape(4, 1));
            assertThat(speed.rounds()).allSatisfy(DraftMeterTest::isMeasured);
          });
      // Two layers of attention and MLP, fusion, head; norms: one before the fusion, three of
      // layers.
      long weights = 2 * (4 * 64 * 64 + 3 * 64 * 96) + 4 * 64 * 64 + 48 * 64;
      assertThat(speeds.getLast().rounds().getFirst().levelBytes())
          .isEqualTo(2 * weights + 4 * 64 * Float.BYTES);
      assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
    }
  }

  @Test
  void aDraftThatDoesNotFitIsSkipped() {
    try (CudaDevice gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, MEMORY)) {
      List<DraftSpeed> speeds = run(gpu, TOO_LARGE, HALF);

      assertThat(speeds.getFirst().rounds()).isEmpty();
      assertThat(speeds.getFirst().skipped())
          .contains("needs %d bytes for its weights, %d are free".formatted(234_881_024, MEMORY));
      assertThat(speeds.getLast().skipped()).isEmpty();
    }
  }
}
