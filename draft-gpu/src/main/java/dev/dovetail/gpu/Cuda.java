package dev.dovetail.gpu;

import dev.dovetail.gpu.CudaStatus.Available;
import dev.dovetail.gpu.CudaStatus.Unavailable;
import dev.dovetail.gpu.driver.CudaDriver;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuException;

/** The entry to CUDA: says whether it can be used here, and if not, why. */
public final class Cuda {
  private Cuda() {}

  /**
   * Whether CUDA can be used in this process. Asked of the driver at the first call, which takes up
   * to a second where there is a device; later calls give the same answer. Throws and prints
   * nothing. Safe for use by several threads.
   */
  public static CudaStatus probe() {
    return Holder.STATUS;
  }

  /**
   * Opens a device for work.
   *
   * @param ordinal the driver's number of it, from 0
   * @return the caller's, to be closed
   * @throws IllegalStateException if CUDA cannot be used here; the message and the cause are those
   *     of {@link #probe()}
   * @throws IllegalArgumentException if there is no such device
   * @throws GpuException if the driver refuses
   */
  public static GpuDriver open(int ordinal) {
    return switch (probe()) {
      case Unavailable none ->
          throw new IllegalStateException(none.message(), none.cause().orElse(null));
      case Available cuda -> {
        if (ordinal < 0 || ordinal >= cuda.devices().size()) {
          throw new IllegalArgumentException(
              "no CUDA device %d: there are %d, counted from 0"
                  .formatted(ordinal, cuda.devices().size()));
        }
        yield CudaDriver.open(ordinal);
      }
    };
  }

  // A native library that fails to load says so once, and after that the class that wanted it is
  // just missing:
  // so the first answer is kept for good.
  private static final class Holder {
    static final CudaStatus STATUS = new CudaProbe(new JCudaCalls(), DeviceFiles.SYSTEM).run();
  }
}
