package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.DraftSelfTest;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.testing.HumanEval;
import dev.dovetail.models.testing.TestWeights;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The whole DGF draft of SmolLM2 on the GPU that the CPU plays, beside the same draft on the CPU:
 * round by round the same trees, but where two candidates lie closer than the tolerance.
 */
class DgfDraftTest {
  private static final int PROMPTS = 12;
  private static final int TOKENS = 8;
  private static final long MEMORY = 1L << 30;

  @Test
  void guessesTheTreesOfTheCpu() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    List<String> all = HumanEval.prompts();
    assertThat(all).hasSize(164);
    List<String> prompts = IntStream.range(0, PROMPTS).mapToObj(i -> all.get(8 * i)).toList();
    try (CudaDevice gpu = new CudaDevice(new HostDriver(MEMORY, 1), KvType.F32, MEMORY)) {
      DraftReport report = DraftSelfTest.run(TestWeights.smolLm2(), gpu, prompts, TOKENS);

      assertThat(report.passed()).as(report.toString()).isTrue();
      assertThat(report.rounds()).isGreaterThan(2 * PROMPTS);
      assertThat(report.same()).as(report.toString()).isGreaterThan(report.rounds() * 9 / 10);
      assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
    }
  }
}
