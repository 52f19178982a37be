package dev.dovetail.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Reason;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import jcuda.driver.CUresult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each way a driver can fail, played by a fake one. */
class CudaProbeTest {
  private static final DeviceFiles OPEN = Optional::empty;
  private static final DeviceFiles CLOSED = () -> Optional.of(Path.of("/dev/nvidia0"));

  @Test
  void devicesAreDescribed() {
    FakeDriver driver = new FakeDriver();
    driver.count = 2;
    assertThat(new CudaProbe(driver, OPEN).run())
        .isInstanceOfSatisfying(
            Available.class,
            status -> {
              assertThat(status.driverVersion()).isEqualTo(12040);
              assertThat(status.devices()).containsExactly(info(0), info(1));
              assertThat(status.devices().getFirst().computeCapability()).isEqualTo("8.6");
            });
  }

  private static GpuInfo info(int ordinal) {
    return new GpuInfo(
        ordinal, "Fake " + ordinal, 8, 6, 3L << 30, OptionalLong.of(2L << 30), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({
    "2, is too full to be opened (making a context gave CUDA_ERROR_OUT_OF_MEMORY): other processes"
        + " hold its 3072 MiB; nvidia-smi lists them",
    "46, cannot be opened (making a context gave CUDA_ERROR_DEVICE_UNAVAILABLE): it has failed; or"
        + " its compute mode keeps it to another process; nvidia-smi says which",
    "1, cannot be opened: making a context gave CUDA_ERROR_INVALID_VALUE",
  })
  void aDeviceThatCannotBeOpenedIsThereAndSaysWhy(int error, String why) {
    FakeDriver driver = new FakeDriver();
    driver.memFree = error;
    GpuInfo device = ((Available) new CudaProbe(driver, OPEN).run()).best();
    assertThat(device.freeBytes()).isEmpty();
    assertThat(device.unusable().orElseThrow().replace(',', ';')).isEqualTo("Fake 0 " + why);
  }

  @ParameterizedTest
  @CsvSource({
    "100, false, NO_DEVICE, CUDA_ERROR_NO_DEVICE",
    "100, true, NO_PERMISSION, /dev/nvidia0",
    "304, true, NO_PERMISSION, CUDA_ERROR_OPERATING_SYSTEM",
    "304, false, OTHER, CUDA_ERROR_OPERATING_SYSTEM",
    "999, true, NO_PERMISSION, /dev/nvidia0",
    "999, false, OTHER, CUDA_ERROR_UNKNOWN",
    "800, false, NO_PERMISSION, CUDA_ERROR_NOT_PERMITTED",
    "803, true, DRIVER_TOO_OLD, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
    "804, false, DRIVER_TOO_OLD, CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
    "34, false, NO_DRIVER, CUDA_ERROR_STUB_LIBRARY",
    "46, true, OTHER, CUDA_ERROR_DEVICE_UNAVAILABLE",
  })
  void errorsOfTheDriverBecomeReasons(int error, boolean closed, Reason reason, String part) {
    FakeDriver driver = new FakeDriver();
    driver.init = error;
    expect(driver, closed ? CLOSED : OPEN, reason, part);
  }

  @Test
  void anOldDriverIsNamedWithWhatIsNeeded() {
    FakeDriver driver = new FakeDriver();
    driver.version = 11080;
    expect(driver, OPEN, Reason.DRIVER_TOO_OLD, "CUDA 11.8, and 12.0 is needed");
  }

  @Test
  void aCountOfZeroIsNoDevice() {
    FakeDriver driver = new FakeDriver();
    driver.count = 0;
    expect(driver, OPEN, Reason.NO_DEVICE, "CUDA_VISIBLE_DEVICES");
  }

  @Test
  void aDeviceThatCannotBeDescribedIsAnError() {
    FakeDriver driver = new FakeDriver();
    driver.describe = CUresult.CUDA_ERROR_ECC_UNCORRECTABLE;
    expect(driver, OPEN, Reason.OTHER, "device 0 gave CUDA_ERROR_ECC_UNCORRECTABLE");
  }

  @ParameterizedTest
  @CsvSource({
    "'libJCudaDriver.so: libcuda.so.1: cannot open shared object file', NO_DRIVER, libcuda.so.1",
    "'JCudaDriver.dll: Can''t find dependent libraries', NO_DRIVER, nvcuda.dll",
    "'libJCudaDriver.so: undefined symbol: cuLibraryLoadData', DRIVER_TOO_OLD, install driver 525",
    "'No resource found with name ''/lib/libJCudaDriver-apple-aarch64''', UNSUPPORTED_PLATFORM, x86-64",
    "'Error\njava.lang.UnsatisfiedLinkError: a\njava.lang.UnsatisfiedLinkError: disk full\n\tat x', OTHER, disk full",
  })
  void aLibraryThatDoesNotLoadSaysWhy(String message, Reason reason, String part) {
    FakeDriver driver = new FakeDriver();
    driver.failure = new UnsatisfiedLinkError(message);
    Unavailable status = expect(driver, OPEN, reason, part);
    assertThat(status.cause()).containsSame(driver.failure);
  }

  private static Unavailable expect(
      DriverCalls driver, DeviceFiles files, Reason reason, String part) {
    CudaStatus status = new CudaProbe(driver, files).run();
    assertThat(status).isInstanceOf(Unavailable.class);
    Unavailable none = (Unavailable) status;
    assertThat(none.reason()).as(none.message()).isEqualTo(reason);
    assertThat(none.message()).contains(part).doesNotContain("\n");
    return none;
  }

  private static final class FakeDriver implements DriverCalls {
    private Error failure;
    private int init;
    private int version = 12040;
    private int count = 1;
    private int describe;
    private int memFree;

    @Override
    public int init() {
      if (failure != null) {
        throw failure;
      }
      return init;
    }

    @Override
    public int driverGetVersion(int[] to) {
      to[0] = version;
      return 0;
    }

    @Override
    public int deviceGetCount(int[] to) {
      to[0] = count;
      return 0;
    }

    @Override
    public int deviceGetName(byte[] to, int ordinal) {
      byte[] name = ("Fake " + ordinal).getBytes(StandardCharsets.UTF_8);
      System.arraycopy(name, 0, to, 0, name.length);
      return describe;
    }

    @Override
    public int computeCapability(int[] to, int ordinal) {
      to[0] = 8;
      to[1] = 6;
      return 0;
    }

    @Override
    public int deviceTotalMem(long[] to, int ordinal) {
      to[0] = 3L << 30;
      return 0;
    }

    @Override
    public int memFree(long[] to, int ordinal) {
      to[0] = 2L << 30;
      return memFree;
    }
  }
}
