package dev.dovetail.gpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The kernels that have been loaded into the current context: each file compiled for the GPU when
 * it is first asked for, each function found once.
 */
final class Kernels {
  private static final int LOG_BYTES = 8192;
  // What a block has of shared memory, fixed and dynamic together, without asking.
  private static final int SHARED_BYTES = 48 << 10;

  /** A function, and how much dynamic shared memory it may use so far. */
  static final class Loaded implements GpuDriver.Function {
    final CUfunction handle;
    private int sharedBytes;

    private Loaded(CUfunction handle, int sharedBytes) {
      this.handle = handle;
      this.sharedBytes = sharedBytes;
    }

    /** Beyond what every GPU has, a function has to ask, once. */
    void allowShared(int bytes) {
      if (bytes > sharedBytes) {
        CudaResult.check(
            JCudaDriver.cuFuncSetAttribute(
                handle,
                CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                bytes),
            "cuFuncSetAttribute");
        sharedBytes = bytes;
      }
    }
  }

  private record Key(String file, String name) {}

  private final Map<String, CUmodule> modules = new HashMap<>();
  private final Map<Key, Loaded> functions = new HashMap<>();

  Loaded get(String file, String name) {
    Key key = new Key(file, name);
    Loaded known = functions.get(key);
    if (known != null) {
      return known;
    }
    CUmodule module = modules.get(file);
    if (module == null) {
      module = load(file);
      modules.put(file, module);
    }
    CUfunction handle = new CUfunction();
    int result = JCudaDriver.cuModuleGetFunction(handle, module, name);
    if (result != CUresult.CUDA_SUCCESS) {
      throw CudaResult.failure(
          result, "cuModuleGetFunction", ", asked for " + name + " in " + file + ".ptx");
    }
    int[] fixed = new int[1];
    CudaResult.check(
        JCudaDriver.cuFuncGetAttribute(
            fixed, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, handle),
        "cuFuncGetAttribute");
    Loaded function = new Loaded(handle, SHARED_BYTES - fixed[0]);
    functions.put(key, function);
    return function;
  }

  /** The next failure of an unloading, as the driver's result; 0 for none. */
  int unload() {
    int failure = CUresult.CUDA_SUCCESS;
    for (CUmodule module : modules.values()) {
      int result = JCudaDriver.cuModuleUnload(module);
      failure = failure == CUresult.CUDA_SUCCESS ? result : failure;
    }
    modules.clear();
    functions.clear();
    return failure;
  }

  // The text, the log and the array of options' values lie outside the heap: JCuda would hold back
  // the garbage collector for as long as the driver compiles.
  private static CUmodule load(String file) {
    byte[] text = PtxFile.read(file);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(text.length + 1L);
      MemorySegment.copy(text, 0, image, ValueLayout.JAVA_BYTE, 0, text.length);
      MemorySegment log = arena.allocate(LOG_BYTES);
      int[] options = {
        CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES
      };
      // Each value takes the place of a pointer; the size stands in its own.
      MemorySegment values =
          arena.allocateFrom(ValueLayout.JAVA_LONG, log.address(), log.byteSize() - 1);
      CUmodule module = new CUmodule();
      int result =
          JCudaDriver.cuModuleLoadDataEx(
              module, new HostPointer(image), options.length, options, new HostPointer(values));
      if (result != CUresult.CUDA_SUCCESS) {
        throw CudaResult.failure(
            result, "cuModuleLoadDataEx", " for " + file + ".ptx" + said(log.getString(0)));
      }
      return module;
    }
  }

  private static String said(String log) {
    return log.isBlank() ? "" : ":\n" + log.strip();
  }
}
