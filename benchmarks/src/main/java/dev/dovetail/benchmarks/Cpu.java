package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import java.util.Random;
import java.util.ServiceLoader;

/** The CPU as engine-core finds it. */
final class Cpu {
  private Cpu() {}

  static Device open(int threads) {
    return open(threads, KvType.F32);
  }

  static Device open(int threads, KvType kv) {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.kind().equals("cpu"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("verify-cpu is not on the class path"))
        .open(new DeviceOptions(threads, kv));
  }

  /** Activations {@code [tokens][width]}, normally distributed. */
  static Rows activations(Device device, int tokens, int width, Random random) {
    Rows rows = Rows.allocate(device, tokens, width);
    device.write(normal(tokens * width, random), 0, tokens, rows);
    return rows;
  }

  static float[] normal(int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  static float[] read(Device device, Rows rows, int tokens) {
    float[] values = new float[tokens * rows.width()];
    device.read(rows, tokens, values, 0);
    return values;
  }
}
