package dev.dovetail.gpu.driver;

import jcuda.driver.CUdeviceptr;

/**
 * JCuda's form of an address on the GPU. Its native code uses the sum of a pointer's address and
 * byte offset, and sets the address alone where it returns one.
 */
final class DevicePointer extends CUdeviceptr {
  private static final CUdeviceptr ZERO = new CUdeviceptr();

  DevicePointer(long address) {
    super(ZERO, address);
  }

  long address() {
    return getNativePointer() + getByteOffset();
  }
}
