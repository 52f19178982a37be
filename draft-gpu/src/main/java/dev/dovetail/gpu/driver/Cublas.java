package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuDriver.Product;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import jcuda.LogLevel;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * NVIDIA's cuBLAS, which is no part of the driver: it needs libcublas.so.12 (cublas64_12.dll) where
 * the system finds libraries. Calls are made in the context of the stream.
 */
final class Cublas implements AutoCloseable {
  private final cublasHandle handle;
  private final Arena own = Arena.ofShared();
  private final HostPointer zero = number(0);
  private final HostPointer one = number(1);

  private Cublas(cublasHandle handle) {
    this.handle = handle;
  }

  private HostPointer number(float value) {
    MemorySegment number = own.allocateFrom(ValueLayout.JAVA_FLOAT, value);
    return new HostPointer(number);
  }

  /** Starts it for work on a stream; empty where it is not installed or does not start. */
  static Optional<Cublas> open(CUstream stream) {
    cublasHandle handle = new cublasHandle();
    try {
      JCublas2.setExceptionsEnabled(false);
      JCublas2.setLogLevel(LogLevel.LOG_QUIET);
      if (JCublas2.cublasCreate(handle) != cublasStatus.CUBLAS_STATUS_SUCCESS) {
        return Optional.empty();
      }
    } catch (LinkageError e) {
      return Optional.empty(); // as on most machines; nothing depends on it
    }
    Cublas cublas = new Cublas(handle);
    if (JCublas2.cublasSetStream(handle, new cudaStream_t(stream))
        != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      cublas.close();
      return Optional.empty();
    }
    return Optional.of(cublas);
  }

  /**
   * Its matrices have columns where ours have rows: {@code out^T = w x^T}, of which it reads {@code
   * w^T}.
   */
  void multiply(Product p, long workspace, long workspaceBytes) {
    check(
        JCublas2.cublasSetWorkspace(handle, new DevicePointer(workspace), workspaceBytes),
        "cublasSetWorkspace");
    check(
        JCublas2.cublasSgemm(
            handle,
            cublasOperation.CUBLAS_OP_T,
            cublasOperation.CUBLAS_OP_N,
            p.rows(),
            p.n(),
            p.cols(),
            one,
            new DevicePointer(p.w()),
            p.cols(),
            new DevicePointer(p.x()),
            p.xStride(),
            p.add() ? one : zero,
            new DevicePointer(p.out()),
            p.outStride()),
        "cublasSgemm");
  }

  private static void check(int status, String call) {
    if (status == cublasStatus.CUBLAS_STATUS_SUCCESS) {
      return;
    }
    Kind kind =
        switch (status) {
          case cublasStatus.CUBLAS_STATUS_ALLOC_FAILED -> Kind.OUT_OF_MEMORY;
          case cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED -> Kind.LOST;
          default -> Kind.REFUSED;
        };
    throw new GpuException(kind, call + " gave " + cublasStatus.stringFor(status));
  }

  /** What it does not give back goes with the context. */
  @Override
  public void close() {
    JCublas2.cublasDestroy(handle);
    own.close();
  }
}
