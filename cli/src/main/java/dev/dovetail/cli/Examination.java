package dev.dovetail.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.gpu.Cuda;
import dev.dovetail.gpu.CudaStatus;
import dev.dovetail.gpu.GpuInfo;
import dev.dovetail.models.store.ModelStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** What {@code doctor} finds out. */
record Examination(Console console) {
  private static final long LITTLE_DISK = 2L << 30;
  private static final long LITTLE_HEAP = 512L << 20;

  /**
   * One line.
   *
   * @param advice what to do, where something could be better
   */
  record Finding(String subject, String found, Optional<String> advice) {
    static Finding fine(String subject, String found) {
      return new Finding(subject, found, Optional.empty());
    }

    static Finding better(String subject, String found, String advice) {
      return new Finding(subject, found, Optional.of(advice));
    }
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    findings.add(Finding.fine("dovetail", Version.number()));
    findings.add(processor());
    findings.add(kernels());
    findings.add(java());
    findings.add(memory());
    findings.add(gpu(Cuda.probe()));
    findings.addAll(store());
    return findings;
  }

  private static Finding processor() {
    return Finding.fine(
        "CPU",
        "%s, %d CPUs for this process"
            .formatted(
                processorName().orElse(System.getProperty("os.arch")),
                Runtime.getRuntime().availableProcessors()));
  }

  /** What the system calls the processor, where it tells. */
  static Optional<String> processorName() {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return Optional.empty();
    }
    try {
      return processorName(Files.readAllLines(info));
    } catch (IOException e) {
      return Optional.empty(); // the name is a comfort only
    }
  }

  /**
   * The name with the family and the model, by which generations differ that a virtual machine
   * gives one name.
   *
   * @param info lines of Linux's {@code /proc/cpuinfo}
   */
  static Optional<String> processorName(List<String> info) {
    Map<String, String> first = new HashMap<>();
    for (String line : info) {
      int colon = line.indexOf(':');
      if (colon >= 0) {
        first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    String family = first.get("cpu family");
    String model = first.get("model");
    return Optional.ofNullable(first.get("model name"))
        .map(name ->
            family == null || model == null
                ? name
                : "%s (family %s, model %s)".formatted(name, family, model));
  }

  private static Finding kernels() {
    String subject = "kernels";
    Optional<DeviceProvider> cpu =
        ServiceLoader.load(DeviceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.kind().equals("cpu"))
            .findFirst();
    if (cpu.isEmpty()) {
      return Finding.better(subject, "none", "the class path lacks verify-cpu: build again");
    }
    try (Device device = cpu.get().open(DeviceOptions.DEFAULT)) {
      String found = "%s, %d threads".formatted(device.kernels(), device.threads());
      return device.kernels().equals("scalar")
          ? Finding.better(
              subject,
              found + " (slow)",
              "start by the script dovetail, or java with the flags that docs/library.md names")
          : Finding.fine(subject, found);
    }
  }

  private static Finding java() {
    String found =
        "%s (%s), %s"
            .formatted(
                Runtime.version(),
                System.getProperty("java.vendor"),
                System.getProperty("java.home"));
    return Finding.fine("Java", found);
  }

  private static Finding memory() {
    long heap = Runtime.getRuntime().maxMemory();
    String found =
        "%s, of which %s for contexts (the heap's limit)"
            .formatted(physicalMemory(), Units.bytes(heap));
    return heap < LITTLE_HEAP
        ? Finding.better(
            "memory", found, "long contexts need more: DOVETAIL_JAVA_OPTS=-Xmx2g, for example")
        : Finding.fine("memory", found);
  }

  private static String physicalMemory() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? Units.bytes(system.getTotalMemorySize())
        : "unknown";
  }

  /** The GPU that would be used, and what keeps it from being. */
  static Finding gpu(CudaStatus status) {
    return switch (status) {
      case CudaStatus.Available available -> {
        GpuInfo device = available.best();
        String found =
            "%s, compute capability %s, %s; %s"
                .formatted(
                    Printable.of(device.name()),
                    device.computeCapability(),
                    memory(device),
                    driver(available));
        yield new Finding(
            "GPU",
            found,
            device.unusable().map(why -> "the draft runs on the CPU: " + Printable.of(why)));
      }
      case CudaStatus.Unavailable unavailable ->
          Finding.fine("GPU", "none: " + Failures.oneLine(unavailable.message()));
    };
  }

  /** What the driver serves, such as {@code driver for CUDA 12.4}. */
  static String driver(CudaStatus.Available cuda) {
    return "driver for CUDA %d.%d"
        .formatted(cuda.driverVersion() / 1000, cuda.driverVersion() % 1000 / 10);
  }

  private static String memory(GpuInfo device) {
    String total = Units.bytes(device.totalBytes());
    return device.freeBytes().isPresent()
        ? "%s of %s free".formatted(Units.bytes(device.freeBytes().getAsLong()), total)
        : total;
  }

  private List<Finding> store() {
    ModelStore store = ModelStore.open(console.env());
    try {
      List<ModelStore.StoredModel> models = store.list();
      List<Finding> findings = new ArrayList<>();
      findings.add(folder(store, models));
      for (ModelStore.StoredModel model : models) {
        findings.add(Finding.fine("model", model.name() + ", " + Units.bytes(model.size())));
      }
      return findings;
    } catch (IOException e) {
      return List.of(
          Finding.better(
              "store",
              store.folder() + " cannot be read: " + Failures.describe(e),
              "make it readable, or set DOVETAIL_MODELS to another folder"));
    }
  }

  private static Finding folder(ModelStore store, List<ModelStore.StoredModel> models)
      throws IOException {
    Path folder = store.folder();
    Path existing = folder;
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    long used = models.stream().mapToLong(ModelStore.StoredModel::size).sum();
    String found =
        "%s, %d models in %s, %s free"
            .formatted(folder, models.size(), Units.bytes(used), Units.bytes(free));
    if (!Files.isWritable(existing)) {
      return Finding.better(
          "store", found, existing + " is not writable: set DOVETAIL_MODELS to another folder");
    }
    if (free < LITTLE_DISK) {
      return Finding.better(
          "store", found, "make room there, or set DOVETAIL_MODELS to another disk");
    }
    return models.isEmpty()
        ? Finding.better(
            "store", found, "'dovetail pull " + ModelLocator.DEFAULT + "' brings the first")
        : Finding.fine("store", found);
  }
}
