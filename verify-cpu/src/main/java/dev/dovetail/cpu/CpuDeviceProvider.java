package dev.dovetail.cpu;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.models.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Opens the CPU, which is always there. */
public final class CpuDeviceProvider implements DeviceProvider {
  @Override
  public String kind() {
    return "cpu";
  }

  @Override
  public Optional<String> unavailable() {
    return Optional.empty();
  }

  @Override
  public void warmUp() {
    KernelSettings settings = KernelSettings.current();
    if (settings.panama()) {
      new KernelWarmUp(settings).start();
    }
  }

  @Override
  public double packedBits(TensorType type) {
    PanelFormat format = PanelFormat.of(type);
    PanelPart panel =
        new PanelPart(format, 0, PanelPart.ROWS, PanelPart.BLOCK_COLS, MemorySegment.NULL);
    return 8.0 * panel.panelBytes() / (PanelPart.ROWS * PanelPart.BLOCK_COLS);
  }

  @Override
  public Device open(DeviceOptions options) {
    int threads = options.threads() == 0 ? CpuTopology.defaultThreads() : options.threads();
    return new CpuDevice(threads, options.kv(), KernelSettings.current());
  }
}
