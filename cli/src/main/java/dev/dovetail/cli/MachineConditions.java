package dev.dovetail.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.dovetail.cli.humaneval.Conditions;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.gpu.Cuda;
import dev.dovetail.gpu.CudaStatus;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** What a measurement was made on, for its report. */
final class MachineConditions {
  private MachineConditions() {}

  /**
   * Finds it out; measures what the CPU can do at most, which takes a second or two.
   *
   * @param cpu what the model runs on, but for its layers on a GPU
   */
  static Conditions of(Device cpu, int gpuLayers, KvType kv) {
    DeviceLimits limits = cpu.measureLimits();
    CudaStatus.Available gpu =
        Cuda.probe() instanceof CudaStatus.Available available ? available : null;
    return new Conditions(
        Examination.processorName().orElse(System.getProperty("os.arch")),
        Runtime.getRuntime().availableProcessors(),
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")),
        Runtime.version().toString(),
        Version.number(),
        Version.commit().orElse(null),
        cpu.kernels(),
        vectorBits(cpu.kernels()),
        cpu.threads(),
        kv.name().toLowerCase(Locale.ROOT),
        limits.readGbPerS(),
        limits.fmaGmacPerS(),
        gpu == null ? null : Printable.of(gpu.best().name()),
        gpu == null ? null : Examination.driver(gpu),
        gpuLayers,
        ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
            ? (Long) system.getTotalMemorySize()
            : null);
  }

  /** Of {@code panama-512}: 512. */
  private static Integer vectorBits(String kernels) {
    String bits = kernels.substring(kernels.lastIndexOf('-') + 1);
    return bits.matches("\\d+") ? Integer.valueOf(bits) : null;
  }
}
