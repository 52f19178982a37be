package dev.dovetail.gpu;

import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Reason;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.driver.CudaResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import jcuda.driver.CUresult;

/**
 * Asks the driver what there is, and turns each way of failing into a reason that a person can act
 * on.
 */
final class CudaProbe {
  /** CUDA 12.0, the first to read PTX ISA 8.0, in which the kernels are shipped. */
  static final int OLDEST_DRIVER = 12000;

  private static final int NAME_BYTES = 256;

  private final DriverCalls driver;
  private final DeviceFiles files;

  CudaProbe(DriverCalls driver, DeviceFiles files) {
    this.driver = driver;
    this.files = files;
  }

  CudaStatus run() {
    try {
      return ask();
    } catch (LinkageError e) {
      return notLoaded(e);
    } catch (RuntimeException e) {
      return new Unavailable(
          Reason.OTHER, "the CUDA driver's binding failed: " + e, Optional.of(e));
    }
  }

  private CudaStatus ask() {
    int result = driver.init();
    if (result != CUresult.CUDA_SUCCESS) {
      return failed("cuInit", result);
    }
    int[] version = new int[1];
    result = driver.driverGetVersion(version);
    if (result != CUresult.CUDA_SUCCESS) {
      return failed("cuDriverGetVersion", result);
    }
    if (version[0] < OLDEST_DRIVER) {
      return unavailable(
          Reason.DRIVER_TOO_OLD,
          "the NVIDIA driver serves CUDA %s, and %s is needed: install driver 525 or newer",
          release(version[0]),
          release(OLDEST_DRIVER));
    }
    int[] count = new int[1];
    result = driver.deviceGetCount(count);
    if (result != CUresult.CUDA_SUCCESS) {
      return failed("cuDeviceGetCount", result);
    }
    if (count[0] == 0) {
      return failed("cuDeviceGetCount", CUresult.CUDA_ERROR_NO_DEVICE);
    }
    List<GpuInfo> devices = new ArrayList<>();
    for (int ordinal = 0; ordinal < count[0]; ordinal++) {
      byte[] name = new byte[NAME_BYTES];
      int[] capability = new int[2];
      long[] total = new long[1];
      result = driver.deviceGetName(name, ordinal);
      if (result == CUresult.CUDA_SUCCESS) {
        result = driver.computeCapability(capability, ordinal);
      }
      if (result == CUresult.CUDA_SUCCESS) {
        result = driver.deviceTotalMem(total, ordinal);
      }
      if (result != CUresult.CUDA_SUCCESS) {
        return failed("describing device " + ordinal, result);
      }
      long[] free = new long[1];
      result = driver.memFree(free, ordinal);
      boolean known = result == CUresult.CUDA_SUCCESS;
      devices.add(
          new GpuInfo(
              ordinal,
              text(name),
              capability[0],
              capability[1],
              total[0],
              known ? OptionalLong.of(free[0]) : OptionalLong.empty(),
              known
                  ? Optional.empty()
                  : Optional.of(CudaResult.failure(result, "making a context", ""))));
    }
    return new Available(version[0], devices);
  }

  private Unavailable failed(String call, int result) {
    String error = call + " gave " + CUresult.stringFor(result);
    return switch (result) {
      case CUresult.CUDA_ERROR_NO_DEVICE,
          CUresult.CUDA_ERROR_UNKNOWN,
          CUresult.CUDA_ERROR_OPERATING_SYSTEM,
          CUresult.CUDA_ERROR_NOT_PERMITTED ->
          files
              .forbidden()
              .map(file ->
                  unavailable(
                      Reason.NO_PERMISSION,
                      "this user may not open %s (%s): join the group that owns it,"
                          + " or give the container access to the GPU",
                      file,
                      error))
              .orElseGet(() -> withoutFile(result, error));
      case CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
          CUresult.CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
          unavailable(
              Reason.DRIVER_TOO_OLD,
              "the parts of the NVIDIA driver do not fit each other (%s):"
                  + " restart after an update, or install one version of all of it",
              error);
      case CUresult.CUDA_ERROR_STUB_LIBRARY ->
          unavailable(
              Reason.NO_DRIVER,
              "the libcuda that was found is the toolkit's stub, not a driver (%s):"
                  + " take its folder off the library path",
              error);
      default -> unavailable(Reason.OTHER, "the CUDA driver does not work: %s", error);
    };
  }

  private static Unavailable withoutFile(int result, String error) {
    return switch (result) {
      case CUresult.CUDA_ERROR_NO_DEVICE ->
          unavailable(
              Reason.NO_DEVICE,
              "the NVIDIA driver sees no device (%s): is one installed,"
                  + " and does CUDA_VISIBLE_DEVICES hide it?",
              error);
      case CUresult.CUDA_ERROR_NOT_PERMITTED ->
          unavailable(Reason.NO_PERMISSION, "the NVIDIA driver refuses this user: %s", error);
      default -> unavailable(Reason.OTHER, "the CUDA driver does not work: %s", error);
    };
  }

  private static Unavailable notLoaded(LinkageError e) {
    String said = String.valueOf(e.getMessage());
    // JCuda's message holds the stack traces of each of its attempts; the dynamic linker's line is
    // among them.
    if (said.contains("libcuda.so.1: cannot open") || said.contains("dependent libraries")) {
      return new Unavailable(
          Reason.NO_DRIVER,
          "the CUDA driver library (libcuda.so.1, nvcuda.dll) is not installed:"
              + " install NVIDIA's driver to use a GPU",
          Optional.of(e));
    }
    if (said.contains("undefined symbol")) {
      return new Unavailable(
          Reason.DRIVER_TOO_OLD,
          "the NVIDIA driver lacks calls of CUDA %s: install driver 525 or newer"
              .formatted(release(OLDEST_DRIVER)),
          Optional.of(e));
    }
    if (said.contains("No resource found")) {
      return new Unavailable(
          Reason.UNSUPPORTED_PLATFORM,
          String.format(
              Locale.ROOT,
              "no CUDA binding for %s on %s: there is one for Linux and Windows on x86-64",
              System.getProperty("os.name"),
              System.getProperty("os.arch")),
          Optional.of(e));
    }
    String last =
        said.lines()
            .filter(line -> line.startsWith(UnsatisfiedLinkError.class.getName()))
            .reduce((first, second) -> second)
            .orElseGet(() -> said.lines().findFirst().orElse(said));
    return new Unavailable(
        Reason.OTHER, "the CUDA driver's binding does not load: " + last, Optional.of(e));
  }

  private static Unavailable unavailable(Reason reason, String format, Object... args) {
    return new Unavailable(reason, String.format(Locale.ROOT, format, args), Optional.empty());
  }

  private static String release(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  private static String text(byte[] name) {
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }
}
