package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.device.DeviceLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CpuLimitsTest {
  private static final int BYTES = 1 << 12;

  private final LimitKernels kernels = KernelSettings.current().limits();

  /** Each 32-bit word is one; reading sums the words or pairs of them. */
  @Test
  void everyByteIsRead() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(2 * BYTES, 64);
      for (int at = BYTES; at < 2 * BYTES; at += Integer.BYTES) {
        memory.set(ValueLayout.JAVA_INT, at, 1);
      }
      assertThat(kernels.read(memory, 0, BYTES)).isZero();
      long sum = kernels.read(memory, BYTES, BYTES);
      long ones = (int) sum + (sum >> Integer.SIZE);
      assertThat(ones).isEqualTo(BYTES / Integer.BYTES);
    }
  }

  @Test
  void everyStepOfEveryChainIsComputed() {
    int steps = 1 << 16;
    double chains = 0;
    for (int chain = 0; chain < LimitKernels.CHAINS; chain++) {
      chains += chain + steps * 0x1p-20;
    }

    assertThat((double) kernels.multiplyAdd(steps))
        .isCloseTo(chains * kernels.lanes(), within(1e-3));
  }

  @Test
  void limitsAreThoseOfAComputer() {
    try (WorkerPool pool = new WorkerPool(2)) {
      DeviceLimits limits = new CpuLimits(pool, kernels).measure();

      assertThat(limits.readGbPerS()).isBetween(0.1, 10_000.0);
      assertThat(limits.fmaGmacPerS()).isBetween(0.01, 100_000.0);
      assertThat(limits.barrierMicros()).isBetween(0.01, 100_000.0);
    }
  }
}
