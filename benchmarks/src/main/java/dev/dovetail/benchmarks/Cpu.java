package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.KvType;
import java.util.ServiceLoader;

/** The CPU as engine-core finds it. */
final class Cpu {
  private Cpu() {}

  /**
   * Opens the CPU with the kernels wanted. The engine chooses kernels once in a JVM, so this works
   * because every set of parameters is measured in a JVM of its own.
   *
   * @param kernels panama or scalar
   * @param threads 0: as many as the engine takes by itself
   * @param kv of its caches
   * @throws IllegalStateException if other kernels were chosen before, or none is found
   */
  static Device open(String kernels, int threads, KvType kv) {
    System.setProperty("dovetail.kernels", kernels);
    Device device =
        ServiceLoader.load(DeviceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.kind().equals("cpu"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("verify-cpu is not on the class path"))
            .open(new DeviceOptions(threads, kv, 0));
    if (!device.kernels().startsWith(kernels)) {
      device.close();
      throw new IllegalStateException(
          "wanted %s kernels, but this JVM chose %s before: let every benchmark fork (-f 1)"
              .formatted(kernels, device.kernels()));
    }
    return device;
  }
}
