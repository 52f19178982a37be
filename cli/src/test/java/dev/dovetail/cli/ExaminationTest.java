package dev.dovetail.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.gpu.CudaStatus;
import dev.dovetail.gpu.GpuInfo;
import dev.dovetail.gpu.driver.GpuException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What {@code doctor} says of GPUs that the machine does not have. */
class ExaminationTest {
  private static final long GIB = 1L << 30;

  private static CudaStatus card(int major, OptionalLong free, Optional<GpuException> refusal) {
    GpuInfo device = new GpuInfo(0, "RTX 0", major, 5, 8 * GIB, free, refusal);
    return new CudaStatus.Available(12040, List.of(device));
  }

  @Test
  void aGpuThatCanBeUsedSaysWhatIsFree() {
    Examination.Finding finding =
        Examination.gpu(card(7, OptionalLong.of(3 * GIB), Optional.empty()));
    assertThat(finding.found())
        .isEqualTo(
            "RTX 0, compute capability 7.5, %s of %s free; driver for CUDA 12.4"
                .formatted(Units.bytes(3 * GIB), Units.bytes(8 * GIB)));
    assertThat(finding.advice()).isEmpty();
  }

  @Test
  void oneThatCannotBeUsedSaysWhy() {
    GpuException taken = new GpuException(GpuException.Kind.LOST, "making a context gave X");
    assertThat(advice(card(3, OptionalLong.of(3 * GIB), Optional.empty())))
        .startsWith("the draft runs on the CPU: RTX 0 has compute capability 3.5, and 5.0");
    assertThat(advice(card(7, OptionalLong.of(GIB / 8), Optional.empty())))
        .contains("has 128 MiB of 8192 MiB free", "other processes hold the rest");
    assertThat(advice(card(7, OptionalLong.empty(), Optional.of(taken))))
        .contains("cannot be opened (making a context gave X)", "compute mode");
  }

  @Test
  void withoutOneTheReasonIsThatOfTheProbe() {
    CudaStatus none =
        new CudaStatus.Unavailable(
            CudaStatus.Reason.DRIVER_TOO_OLD, "install driver 525", Optional.empty());
    assertThat(Examination.gpu(none).found()).isEqualTo("none: install driver 525");
  }

  @Test
  void processorsOfOneNameAreToldApart() {
    List<String> info =
        List.of(
            "processor\t: 0",
            "cpu family\t: 25",
            "model\t\t: 17",
            "model name\t: AMD EPYC",
            "",
            "processor\t: 1",
            "model name\t: another");

    assertThat(Examination.processorName(info)).contains("AMD EPYC (family 25, model 17)");
    assertThat(Examination.processorName(List.of("model name : Cortex"))).contains("Cortex");
    assertThat(Examination.processorName(List.of("BogoMIPS : 50.00"))).isEmpty();
  }

  private static String advice(CudaStatus status) {
    return Examination.gpu(status).advice().orElseThrow();
  }
}
