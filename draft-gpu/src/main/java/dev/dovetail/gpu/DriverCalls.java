package dev.dovetail.gpu;

/**
 * The calls of the CUDA driver that the probe makes, by the driver's own names; each returns its
 * {@code CUresult}, 0 for success, and fills the arrays. The first call may throw a {@link
 * LinkageError}.
 */
interface DriverCalls {
  int init();

  int driverGetVersion(int[] version);

  int deviceGetCount(int[] count);

  /** The name, as zero-terminated UTF-8. */
  int deviceGetName(byte[] name, int ordinal);

  /** Compute capability: {@code [major, minor]}. */
  int computeCapability(int[] majorMinor, int ordinal);

  int deviceTotalMem(long[] bytes, int ordinal);

  /** Free memory in bytes. Needs a context, which is made for the call and given back. */
  int memFree(long[] bytes, int ordinal);
}
