package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dovetail.gpu.driver.GpuException.Kind;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaResultTest {
  @Test
  void successIsNoFailure() {
    assertThatCode(() -> CudaResult.check(0, "cuInit")).doesNotThrowAnyException();
  }

  /** The numbers are those of cuda.h. */
  @ParameterizedTest
  @CsvSource({
    "2, OUT_OF_MEMORY, CUDA_ERROR_OUT_OF_MEMORY",
    "4, LOST, CUDA_ERROR_DEINITIALIZED",
    "46, LOST, CUDA_ERROR_DEVICE_UNAVAILABLE",
    "214, LOST, CUDA_ERROR_ECC_UNCORRECTABLE",
    "700, LOST, CUDA_ERROR_ILLEGAL_ADDRESS",
    "702, LOST, CUDA_ERROR_LAUNCH_TIMEOUT",
    "709, LOST, CUDA_ERROR_CONTEXT_IS_DESTROYED",
    "710, LOST, CUDA_ERROR_ASSERT",
    "714, LOST, CUDA_ERROR_HARDWARE_STACK_ERROR",
    "716, LOST, CUDA_ERROR_MISALIGNED_ADDRESS",
    "718, LOST, CUDA_ERROR_INVALID_PC",
    "719, LOST, CUDA_ERROR_LAUNCH_FAILED",
    "999, LOST, CUDA_ERROR_UNKNOWN",
    "1, REFUSED, CUDA_ERROR_INVALID_VALUE",
    "218, REFUSED, CUDA_ERROR_INVALID_PTX",
    "701, REFUSED, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
    "901, REFUSED, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
    "12345, REFUSED, 12345",
  })
  void everyResultHasAKindAndANameAndItsCall(int result, Kind kind, String name) {
    assertThatExceptionOfType(GpuException.class)
        .isThrownBy(() -> CudaResult.check(result, "cuSomething"))
        .withMessageStartingWith("cuSomething gave ")
        .withMessageEndingWith(name)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(kind));
  }

  @Test
  void nothingElseEndsTheGpu() {
    TreeSet<Integer> lost = new TreeSet<>();
    for (int result = 1; result < 1000; result++) {
      if (CudaResult.kind(result) == Kind.LOST) {
        lost.add(result);
      }
    }
    assertThat(lost)
        .containsExactly(
            4, 46, 100, 214, 220, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 722, 806,
            810, 911, 999);
  }
}
