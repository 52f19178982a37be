package dev.dovetail.gpu.device;

/**
 * Memory that is taken anew, larger, when more is wanted than there is; what it held is lost then.
 */
final class GrowingMemory implements AutoCloseable {
  private static final long LEAST_BYTES = 1024;

  private final DeviceMemory memory;
  private DeviceMemory.Block block;

  GrowingMemory(DeviceMemory memory) {
    this.memory = memory;
  }

  /** The address of so many bytes at least, good until more are wanted. */
  long reserve(long bytes) {
    if (bytes() < bytes) {
      close();
      block = memory.allocate(Math.max(bytes, LEAST_BYTES));
    }
    return block.address();
  }

  long bytes() {
    return block == null ? 0 : block.bytes();
  }

  @Override
  public void close() {
    if (block != null) {
      DeviceMemory.Block before = block;
      block = null;
      before.close();
    }
  }
}
