package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.selftest.DraftMeter;
import dev.dovetail.engine.selftest.DraftRounds;
import dev.dovetail.engine.selftest.DraftSize;
import dev.dovetail.engine.selftest.DraftSizes;
import dev.dovetail.engine.selftest.DraftSpeed;
import dev.dovetail.gpu.driver.FailingDriver;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException.Kind;
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

  private static final int PROMPT_TOKENS = 3;
  private static final int ROUNDS = 2;

  private static CudaDevice gpu(GpuDriver driver) {
    return new CudaDevice(driver, KvType.F32, MEMORY);
  }

  private static FailingDriver failing(long call, Kind kind) {
    return new FailingDriver(new HostDriver(MEMORY, SEED), call, kind);
  }

  private static List<DraftSpeed> run(CudaDevice gpu, DraftSize... drafts) {
    return new DraftMeter(
            gpu, new DraftSizes(List.of(drafts), PROMPT_TOKENS, ROUNDS), SEED, what -> {})
        .run();
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
    try (CudaDevice gpu = gpu(new HostDriver(MEMORY, SEED))) {
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
    try (CudaDevice gpu = gpu(new HostDriver(MEMORY, SEED))) {
      List<DraftSpeed> speeds = run(gpu, TOO_LARGE, HALF);

      assertThat(speeds.getFirst().rounds()).isEmpty();
      assertThat(speeds.getFirst().skipped())
          .contains("needs %d bytes for its weights, %d are free".formatted(234_881_024, MEMORY));
      assertThat(speeds.getLast().skipped()).isEmpty();
    }
  }

  @Test
  void onlyRecordedRoundsAreTakenForRounds() {
    FailingDriver driver = failing(0, Kind.REFUSED);
    try (CudaDevice gpu = gpu(driver)) {
      run(gpu, HALF);

      // Two widths of three trees: each round that counts, and up to two before.
      long trees = 2 * 3;
      assertThat(driver.calls("launch graph")).isBetween(trees * ROUNDS, trees * (ROUNDS + 2));
      assertThat(driver.calls("beginCapture")).isBetween(trees, 2 * trees);
    }
  }

  @Test
  void memoryThatRunsOutSkips() {
    long calls = calls();
    for (long call : new long[] {calls / 50, calls / 2, calls - 50}) {
      FailingDriver driver = failing(call, Kind.OUT_OF_MEMORY);
      try (CudaDevice gpu = gpu(driver)) {
        List<DraftSpeed> speeds = run(gpu, HALF, HALF);

        assertThat(speeds.getFirst().skipped()).as("call %d of %d", call, calls).isPresent();
        assertThat(speeds.getFirst().skipped().orElseThrow()).contains("injected at call " + call);
        assertThat(speeds.getFirst().rounds()).isEmpty();
        assertThat(speeds.getLast().skipped()).isEmpty();
        assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
      }
    }
  }

  @Test
  void aGpuThatIsLostEndsIt() {
    long calls = calls();
    assertThatIllegalStateException()
        .isThrownBy(() -> {
          try (CudaDevice gpu = gpu(failing(calls / 2, Kind.LOST))) {
            run(gpu, HALF);
          }
        })
        .withMessageContainingAll("injected", "drafting failed")
        .withCauseInstanceOf(DeviceFailure.class);
  }

  /** That one draft takes of the driver. */
  private static long calls() {
    FailingDriver driver = failing(0, Kind.REFUSED);
    try (CudaDevice gpu = gpu(driver)) {
      run(gpu, HALF);
      return driver.calls();
    }
  }
}
