package dev.dovetail.gpu;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The driver through JCuda's binding of the driver API, which needs the driver's library and
 * nothing else.
 */
final class JCudaCalls implements DriverCalls {
  @Override
  public int init() {
    return JCudaDriver.cuInit(0);
  }

  @Override
  public int driverGetVersion(int[] version) {
    return JCudaDriver.cuDriverGetVersion(version);
  }

  @Override
  public int deviceGetCount(int[] count) {
    return JCudaDriver.cuDeviceGetCount(count);
  }

  @Override
  public int deviceGetName(byte[] name, int ordinal) {
    CUdevice device = new CUdevice();
    int result = JCudaDriver.cuDeviceGet(device, ordinal);
    return result == CUresult.CUDA_SUCCESS
        ? JCudaDriver.cuDeviceGetName(name, name.length, device)
        : result;
  }

  @Override
  public int computeCapability(int[] majorMinor, int ordinal) {
    CUdevice device = new CUdevice();
    int[] value = new int[1];
    int result = JCudaDriver.cuDeviceGet(device, ordinal);
    if (result == CUresult.CUDA_SUCCESS) {
      result =
          JCudaDriver.cuDeviceGetAttribute(
              value, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
      majorMinor[0] = value[0];
    }
    if (result == CUresult.CUDA_SUCCESS) {
      result =
          JCudaDriver.cuDeviceGetAttribute(
              value, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
      majorMinor[1] = value[0];
    }
    return result;
  }

  @Override
  public int deviceTotalMem(long[] bytes, int ordinal) {
    CUdevice device = new CUdevice();
    int result = JCudaDriver.cuDeviceGet(device, ordinal);
    return result == CUresult.CUDA_SUCCESS ? JCudaDriver.cuDeviceTotalMem(bytes, device) : result;
  }

  @Override
  public int memFree(long[] bytes, int ordinal) {
    CUdevice device = new CUdevice();
    CUcontext context = new CUcontext();
    int result = JCudaDriver.cuDeviceGet(device, ordinal);
    if (result == CUresult.CUDA_SUCCESS) {
      result = JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    }
    if (result != CUresult.CUDA_SUCCESS) {
      return result;
    }
    try {
      result = JCudaDriver.cuCtxPushCurrent(context);
      if (result != CUresult.CUDA_SUCCESS) {
        return result;
      }
      result = JCudaDriver.cuMemGetInfo(bytes, new long[1]);
      int popped = JCudaDriver.cuCtxPopCurrent(new CUcontext());
      return result == CUresult.CUDA_SUCCESS ? popped : result;
    } finally {
      JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
  }
}
