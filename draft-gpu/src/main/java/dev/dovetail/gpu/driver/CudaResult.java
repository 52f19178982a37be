package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuException.Kind;
import jcuda.driver.CUresult;

/** What the driver's results mean: the one table of them. */
public final class CudaResult {
  // Named by the driver since CUDA 12.1 to 12.6, and not by JCuda.
  private static final int CONTAINED = 721;
  private static final int TENSOR_MEMORY_LEAK = 722;

  private CudaResult() {}

  /**
   * Throws unless a call succeeded.
   *
   * @param call the driver's name of it
   */
  static void check(int result, String call) {
    if (result != CUresult.CUDA_SUCCESS) {
      throw failure(result, call, "");
    }
  }

  /**
   * The exception for a failure.
   *
   * @param detail more to say, behind the driver's name of the error; may be empty
   */
  public static GpuException failure(int result, String call, String detail) {
    return new GpuException(kind(result), call + " gave " + CUresult.stringFor(result) + detail);
  }

  /**
   * What a failure means for the work that follows. {@link Kind#LOST} are the ones after which the
   * context, by the driver's documentation, must be destroyed (and with a primary context: the
   * process ended), and the ones that say that there is no context or device left.
   */
  static Kind kind(int result) {
    return switch (result) {
      case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> Kind.OUT_OF_MEMORY;
      case CUresult.CUDA_ERROR_DEINITIALIZED,
          CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
          CUresult.CUDA_ERROR_NO_DEVICE,
          CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
          CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
          CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUresult.CUDA_ERROR_ASSERT,
          CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUresult.CUDA_ERROR_INVALID_PC,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CONTAINED,
          TENSOR_MEMORY_LEAK,
          CUresult.CUDA_ERROR_MPS_RPC_FAILURE,
          CUresult.CUDA_ERROR_MPS_CLIENT_TERMINATED,
          CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
          CUresult.CUDA_ERROR_UNKNOWN ->
          Kind.LOST;
      default -> Kind.REFUSED;
    };
  }
}
