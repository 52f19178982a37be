package dev.dovetail.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Reason;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.driver.CudaDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The probe against the machine it runs on, whatever that is. */
class CudaTest {
  @Test
  void twoProbesGiveOneAnswer() {
    assertThat(Cuda.probe()).isSameAs(Cuda.probe());
  }

  @Test
  void withoutADriverLibraryTheReasonIsThat() {
    boolean installed =
        Stream.of(
                "/usr/lib/x86_64-linux-gnu",
                "/usr/lib64",
                "/usr/lib/wsl/lib",
                "/usr/local/nvidia/lib64")
            .anyMatch(folder -> Files.exists(Path.of(folder, "libcuda.so.1")));
    Assumptions.assumeFalse(installed, "this machine has a CUDA driver");
    Assumptions.assumeTrue(
        List.of("Linux/amd64")
            .contains(System.getProperty("os.name") + "/" + System.getProperty("os.arch")),
        "the folders are those of Linux on x86-64");
    assertThat(Cuda.probe())
        .isInstanceOfSatisfying(
            Unavailable.class,
            status -> {
              assertThat(status.reason()).isEqualTo(Reason.NO_DRIVER);
              assertThat(status.message()).contains("libcuda.so.1").doesNotContain("\n");
              assertThat(status.cause()).containsInstanceOf(UnsatisfiedLinkError.class);
            });
  }

  @Test
  void aDeviceIsDescribedWhereThereIsOne() {
    if (Cuda.probe() instanceof Unavailable none) {
      if (Boolean.getBoolean("require.gpu")) {
        throw new AssertionError("a CUDA device is demanded: " + none.message());
      }
      Assumptions.abort("no CUDA device: " + none.message());
    }
    Available cuda = (Available) Cuda.probe();
    assertThat(cuda.driverVersion()).isGreaterThanOrEqualTo(CudaProbe.OLDEST_DRIVER);
    assertThat(cuda.devices())
        .allSatisfy(device -> {
          assertThat(device.name()).isNotBlank();
          assertThat(device.computeMajor()).isPositive();
          assertThat(device.totalBytes()).isGreaterThan(1L << 28);
          device.freeBytes().ifPresent(free -> assertThat(free).isBetween(0L, device.totalBytes()));
        });
  }

  @Test
  void withoutADeviceNoneIsOpenedAndTheReasonIsThatOfTheProbe() {
    Assumptions.assumeTrue(Cuda.probe() instanceof Unavailable, "this machine has a CUDA device");
    Unavailable none = (Unavailable) Cuda.probe();
    assertThatIllegalStateException()
        .isThrownBy(() -> Cuda.open(0))
        .withMessage(none.message())
        .satisfies(e -> assertThat(Optional.ofNullable(e.getCause())).isEqualTo(none.cause()));
    assertThatIllegalStateException()
        .isThrownBy(() -> CudaDriver.open(0))
        .withMessageContaining("the CUDA driver cannot be used")
        .withCauseInstanceOf(LinkageError.class);
  }
}
