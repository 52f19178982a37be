package dev.dovetail.gpu;

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

  // A native library that fails to load says so once, and after that the class that wanted it is
  // just missing:
  // so the first answer is kept for good.
  private static final class Holder {
    static final CudaStatus STATUS = new CudaProbe(new JCudaCalls(), DeviceFiles.SYSTEM).run();
  }
}
