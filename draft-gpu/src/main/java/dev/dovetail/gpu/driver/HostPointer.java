package dev.dovetail.gpu.driver;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/** JCuda's form of an address in the host's memory. Keeps nothing alive. */
final class HostPointer extends Pointer {
  /** No address yet. */
  HostPointer() {}

  /**
   * @param memory outside the heap, alive until the pointer is used no more
   */
  HostPointer(MemorySegment memory) {
    super(address(memory));
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }

  private static long address(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("the GPU cannot reach memory on the Java heap: " + memory);
    }
    return memory.address();
  }
}
