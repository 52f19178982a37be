package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.gpu.kernel.LimitsKernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the limits of a GPU are measured with does all of the work that is counted. */
class LimitsKernelTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "2000, 1", "2000, 2", "5000, 3"})
  void everyNumberIsReadOnce(int fours, int blocks) {
    float[] data = new float[4 * fours];
    for (int i = 0; i < data.length; i++) {
      data[i] = i % 31;
    }
    try (HostGpu gpu = HostGpu.open()) {
      int threads = blocks * LimitsKernel.THREADS;
      long out = gpu.floats(threads);
      new LimitsKernel(gpu.driver()).launchRead(gpu.upload(data), fours, blocks, out);

      assertThat(sum(gpu.download(out, threads))).isEqualTo(sum(data));
    }
  }

  /** Halving and adding one goes to two in each of eight chains. */
  @Test
  void everyRoundIsComputed() {
    try (HostGpu gpu = HostGpu.open()) {
      long out = gpu.floats(LimitsKernel.THREADS);
      LimitsKernel kernel = new LimitsKernel(gpu.driver());
      kernel.launchFma(0, 1, out);
      assertThat(gpu.download(out, LimitsKernel.THREADS))
          .containsOnly(0 + 1 + 2 + 3 + 4 + 5 + 6 + 7);
      kernel.launchFma(10, 1, out);
      assertThat(gpu.download(out, LimitsKernel.THREADS)).containsOnly(16);
    }
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }
}
