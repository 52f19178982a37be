package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.dovetail.cpu.CpuDeviceProvider;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.selftest.DeviceReport;
import dev.dovetail.engine.selftest.DeviceSelfTest;
import dev.dovetail.engine.selftest.DraftMeter;
import dev.dovetail.engine.selftest.DraftReport;
import dev.dovetail.engine.selftest.DraftSelfTest;
import dev.dovetail.engine.selftest.DraftSizes;
import dev.dovetail.engine.selftest.OperationCheck;
import dev.dovetail.engine.selftest.SelfTestSizes;
import dev.dovetail.gpu.CudaDeviceProvider;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.testing.TestWeights;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The self-test on the GPU that the CPU plays, and on a real one where there is one. */
class SelfTestTest {
  private static final long SEED = 7;
  private static final long MEMORY = 64L << 20;
  private static final SelfTestSizes SMALL =
      new SelfTestSizes(
          List.of(256, 512), List.of(1, 3), 40, 4, 2, 32, 70, 1 << 20, 0, DraftSizes.NONE);

  private static final SelfTestSizes SMALLEST =
      new SelfTestSizes(List.of(256), List.of(1), 8, 2, 1, 32, 8, 0, 0, DraftSizes.NONE);

  private static CudaDevice hostGpu() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    return new CudaDevice(new HostDriver(MEMORY, SEED, true), KvType.F32, MEMORY);
  }

  private static DeviceReport report(Device tested, SelfTestSizes sizes) {
    try (Device cpu = new CpuDeviceProvider().open(new DeviceOptions(1, KvType.F32, 0))) {
      return new DeviceSelfTest(tested, cpu, sizes, SEED, what -> {}).run();
    }
  }

  @Test
  void aDeviceThatIsRightPasses() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    HostDriver driver = new HostDriver(MEMORY, SEED, true);
    try (CudaDevice gpu = new CudaDevice(driver, KvType.F32, MEMORY)) {
      DeviceReport report = report(gpu, SMALL);

      assertThat(report.operations())
          .allSatisfy(check -> {
            assertThat(check.passed()).as("%s, seed %d", check, SEED).isTrue();
            assertThat(check.micros()).isPositive().isFinite();
            assertThat(check.bytes()).isPositive();
            assertThat(check.share(report.limits())).isPositive().isFinite();
          });
      // Seven types of weights: four products of two widths, and an embedding; and fifteen
      // operations on one and on three tokens.
      assertThat(report.operations()).hasSize(7 * 4 * 2 + 7 + 15 * 2);
      assertThat(driver.products()).as("the library's").isPositive();
      assertThat(report.bytesLeft()).isEqualTo(OptionalLong.of(0));
      assertThat(report.passed()).isTrue();
    }
  }

  /** Calls another device, and spoils what one operation writes last. */
  private static Device spoiled(Device device, String operation, float by) {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(device, arguments);
                if (method.getName().equals(operation)) {
                  Rows out = (Rows) arguments[arguments.length - 1];
                  float[] number = new float[1];
                  Rows first = new Rows(out.buffer(), out.offset(), 1, 1);
                  device.read(first, 1, number, 0);
                  number[0] += by;
                  device.write(number, 0, 1, first);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "writeHalf",
        "embed",
        "copy",
        "gatherParents",
        "rmsNorm",
        "rmsNormHeads",
        "matmul",
        "matmulAdd",
        "addBias",
        "rope",
        "siluMul",
        "silu",
        "gate",
        "attention"
      })
  void anOperationThatIsWrongIsFound(String operation) {
    try (CudaDevice gpu = hostGpu()) {
      DeviceReport report = report(spoiled(gpu, operation, 0.5f), SMALLEST);

      String name =
          switch (operation) {
            case "writeHalf" -> "write f16";
            case "gatherParents" -> "gather";
            case "rmsNorm" -> "rms norm";
            case "rmsNormHeads" -> "rms norm of heads";
            case "matmulAdd" -> "matmul, added";
            case "addBias" -> "bias";
            case "siluMul" -> "silu times up";
            default -> operation;
          };
      List<String> failed =
          report.operations().stream()
              .filter(check -> !check.passed())
              .map(OperationCheck::operation)
              .toList();
      // What is appended shows in the attention over it.
      assertThat(failed)
          .isNotEmpty()
          .allMatch(found -> found.startsWith(name) || found.startsWith("append"));
      assertThat(report.passed()).isFalse();
    }
  }

  @Test
  void aNumberThatIsNoneFails() {
    try (CudaDevice gpu = hostGpu()) {
      DeviceReport report = report(spoiled(gpu, "gatherParents", Float.NaN), SMALLEST);

      assertThat(report.operations().stream().filter(check -> !check.passed()))
          .isNotEmpty()
          .allSatisfy(check -> assertThat(check.error()).isNaN());
    }
  }

  @Test
  void anOperationThatFindsNoRoomIsNamed() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    try (CudaDevice gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, 20 << 20)) {
      assertThatIllegalStateException()
          .isThrownBy(() ->
              report(
                  gpu,
                  new SelfTestSizes(
                      List.of(256), List.of(1), 8, 2, 1, 32, 8, 30 << 20, 0, DraftSizes.NONE)))
          .withMessageContainingAll("the GPU's budget is", "matmul Q4_0 failed")
          .withCauseInstanceOf(DeviceFailure.class);
      assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
    }
  }

  @Test
  void memoryThatIsNotGivenBackFails() {
    OperationCheck fine = new OperationCheck("silu", "1 x 4", 0, 0, 1, 1, 0);
    DeviceLimits limits = new DeviceLimits(1, 1, 1);
    assertThat(new DeviceReport("gpu", "cpu", limits, List.of(fine), OptionalLong.of(1)).passed())
        .isFalse();
    assertThat(new DeviceReport("gpu", "cpu", limits, List.of(fine), OptionalLong.empty()).passed())
        .isTrue();
  }

  @Test
  void limitsAreMeasuredInWhatMemoryThereIs() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    for (long budget : new long[] {17 << 20, 64 << 20}) {
      try (CudaDevice gpu = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, budget)) {
        DeviceLimits limits = gpu.measureLimits();
        assertThat(limits.readGbPerS()).isPositive().isFinite();
        assertThat(limits.fmaGmacPerS()).isPositive().isFinite();
        assertThat(limits.barrierMicros()).isPositive().isFinite();
        assertThat(gpu.usedBytes()).isZero();
      }
    }
  }

  private static Device realGpu() {
    CudaDeviceProvider provider = new CudaDeviceProvider();
    Optional<String> none = provider.unavailable();
    if (none.isPresent()) {
      if (Boolean.getBoolean("require.gpu")) {
        throw new AssertionError("a CUDA device is demanded: " + none.get());
      }
      Assumptions.abort("no CUDA device: " + none.get());
    }
    return provider.open(DeviceOptions.DEFAULT);
  }

  @Test
  void aRealGpuPasses() {
    try (Device gpu = realGpu()) {
      DeviceReport report = report(gpu, SelfTestSizes.MODELS);

      assertThat(report.operations())
          .allSatisfy(check -> assertThat(check.passed()).as(check.toString()).isTrue());
      assertThat(report.bytesLeft()).isEqualTo(OptionalLong.of(0));
    }
  }

  @Test
  void draftsAreMeasuredOnARealGpu() {
    try (Device gpu = realGpu()) {
      assertThat(new DraftMeter(gpu, DraftSizes.MODELS, SEED, what -> {}).run())
          .hasSize(DraftSizes.MODELS.drafts().size())
          .allSatisfy(speed -> assertThat(speed.rounds()).allSatisfy(DraftMeterTest::isMeasured));
      assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
    }
  }

  @Test
  void theDraftGuessesTheSameOnARealGpu() {
    try (Device gpu = realGpu()) {
      DraftReport report = DraftSelfTest.run(TestWeights.smolLm2(), gpu, DraftSelfTest.PROMPTS, 24);

      assertThat(report.passed()).as(report.toString()).isTrue();
      assertThat(gpu.heldBytes()).isEqualTo(OptionalLong.of(0));
    }
  }
}
