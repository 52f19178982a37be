package dev.dovetail.gpu.driver;

import static dev.dovetail.gpu.driver.CudaResult.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.LogLevel;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A CUDA device through the driver's own interface, in its primary context. Work on one stream does
 * not wait for the other, nor for the default stream. Kernels may be loaded while work is recorded.
 */
public final class CudaDriver implements GpuDriver {
  private static final int NAME_BYTES = 256;
  // What the driver takes at most.
  private static final int ARGUMENT_BYTES = 4096;

  // Whose context a thread has made current. It is that of the carrier for a virtual thread, which
  // therefore sets it at each call: it cannot move between the two.
  private static final ThreadLocal<CudaDriver> CURRENT = new ThreadLocal<>();

  private record CudaEvent(CUevent handle) implements Event {}

  private record CudaGraph(CUgraphExec handle) implements Graph {}

  private final CUdevice device;
  private final CUcontext context;
  private final String name;
  private final long totalBytes;
  private final Map<Stream, CUstream> streams = new EnumMap<>(Stream.class);
  private final Kernels kernels = new Kernels();

  private final Set<Long> allocated = new HashSet<>();
  private final Map<Long, Arena> pinned = new HashMap<>();
  private final Set<CudaEvent> events = new HashSet<>();
  private final Set<CudaGraph> graphs = new HashSet<>();

  // What a launch passes: a pointer to an array of one pointer to the struct. All of it stays where
  // it is, so that a launch makes no garbage.
  private final Arena own = Arena.ofShared();
  private final MemorySegment arguments = own.allocate(ARGUMENT_BYTES, 256);
  private final HostPointer parameters =
      new HostPointer(own.allocateFrom(ValueLayout.JAVA_LONG, arguments.address()));

  // Not asked for yet where null.
  private Optional<Cublas> cublas;

  private boolean closed;

  private CudaDriver(CUdevice device, CUcontext context, String name, long totalBytes) {
    this.device = device;
    this.context = context;
    this.name = name;
    this.totalBytes = totalBytes;
  }

  /**
   * Opens a device. The first call in a process takes up to a second.
   *
   * @param ordinal the driver's number of it, from 0
   * @throws IllegalStateException if the driver's library cannot be used; its cause says why, in
   *     the first call of a process
   * @throws GpuException if the driver refuses
   */
  public static CudaDriver open(int ordinal) {
    try {
      JCudaDriver.setExceptionsEnabled(false);
      JCudaDriver.setLogLevel(LogLevel.LOG_QUIET);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          "the CUDA driver cannot be used: its library or the binding to it does not load", e);
    }
    check(JCudaDriver.cuInit(0), "cuInit");
    CUdevice device = new CUdevice();
    check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
    byte[] name = new byte[NAME_BYTES];
    check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
    long[] total = new long[1];
    check(JCudaDriver.cuDeviceTotalMem(total, device), "cuDeviceTotalMem");
    CUcontext context = new CUcontext();
    check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
    CudaDriver driver = new CudaDriver(device, context, text(name), total[0]);
    try {
      driver.makeStreams();
      return driver;
    } catch (RuntimeException e) {
      try {
        driver.close();
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private void makeStreams() {
    enter();
    for (Stream stream : Stream.values()) {
      CUstream handle = new CUstream();
      check(
          JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING),
          "cuStreamCreate");
      streams.put(stream, handle);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long freeBytes() {
    enter();
    long[] free = new long[1];
    check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
    return free[0];
  }

  @Override
  public long totalBytes() {
    return totalBytes;
  }

  @Override
  public long allocate(long bytes) {
    requirePositive(bytes);
    enter();
    DevicePointer pointer = new DevicePointer(0);
    check(JCudaDriver.cuMemAlloc(pointer, bytes), "cuMemAlloc");
    allocated.add(pointer.address());
    return pointer.address();
  }

  @Override
  public void free(long address) {
    enter();
    if (!allocated.remove(address)) {
      throw new IllegalArgumentException(
          "0x" + Long.toHexString(address) + " is no allocation of this driver");
    }
    check(JCudaDriver.cuMemFree(new DevicePointer(address)), "cuMemFree");
  }

  @Override
  @SuppressWarnings("restricted") // The driver says that there is so much memory.
  public MemorySegment allocatePinned(long bytes) {
    requirePositive(bytes);
    if (bytes > Integer.MAX_VALUE) {
      // JCuda makes a ByteBuffer of it.
      throw new IllegalArgumentException(bytes + " bytes of pinned memory: below 2 GiB is served");
    }
    enter();
    HostPointer pointer = new HostPointer();
    check(JCudaDriver.cuMemHostAlloc(pointer, bytes, 0), "cuMemHostAlloc");
    // Its life ends where it is freed, for those who look at it later.
    Arena life = Arena.ofShared();
    pinned.put(pointer.address(), life);
    return MemorySegment.ofAddress(pointer.address()).reinterpret(bytes, life, null);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    enter();
    Arena life = pinned.remove(memory.address());
    if (life == null) {
      throw new IllegalArgumentException(memory + " is no pinned memory of this driver");
    }
    HostPointer pointer = new HostPointer(memory);
    life.close();
    check(JCudaDriver.cuMemFreeHost(pointer), "cuMemFreeHost");
  }

  @Override
  public void copyIn(long to, MemorySegment from, Stream stream) {
    if (from.byteSize() == 0) {
      return;
    }
    enter();
    check(
        JCudaDriver.cuMemcpyHtoDAsync(
            new DevicePointer(to), new HostPointer(from), from.byteSize(), of(stream)),
        "cuMemcpyHtoDAsync");
  }

  @Override
  public void copyOut(MemorySegment to, long from, Stream stream) {
    if (to.byteSize() == 0) {
      return;
    }
    enter();
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            new HostPointer(to), new DevicePointer(from), to.byteSize(), of(stream)),
        "cuMemcpyDtoHAsync");
  }

  @Override
  public void copyWithin(long to, long from, long bytes, Stream stream) {
    if (bytes == 0) {
      return;
    }
    requirePositive(bytes);
    enter();
    check(
        JCudaDriver.cuMemcpyDtoDAsync(
            new DevicePointer(to), new DevicePointer(from), bytes, of(stream)),
        "cuMemcpyDtoDAsync");
  }

  @Override
  public void zero(long address, long bytes, Stream stream) {
    if (bytes == 0) {
      return;
    }
    requirePositive(bytes);
    enter();
    check(
        JCudaDriver.cuMemsetD8Async(new DevicePointer(address), (byte) 0, bytes, of(stream)),
        "cuMemsetD8Async");
  }

  @Override
  public Function function(String file, String name) {
    enter();
    return kernels.get(file, name);
  }

  @Override
  public void launch(Function function, Grid grid, MemorySegment struct, Stream stream) {
    Kernels.Loaded kernel = (Kernels.Loaded) function;
    if (struct.byteSize() > ARGUMENT_BYTES) {
      throw new IllegalArgumentException(
          struct.byteSize() + " bytes of arguments: a kernel takes at most " + ARGUMENT_BYTES);
    }
    enter();
    kernel.allowShared(grid.sharedBytes());
    MemorySegment.copy(struct, 0, arguments, 0, struct.byteSize());
    check(
        JCudaDriver.cuLaunchKernel(
            kernel.handle,
            grid.x(),
            grid.y(),
            1,
            grid.threads(),
            1,
            1,
            grid.sharedBytes(),
            of(stream),
            parameters,
            null),
        "cuLaunchKernel");
  }

  @Override
  public boolean canMultiply() {
    enter();
    if (cublas == null) {
      cublas = Cublas.open(of(Stream.COMPUTE));
    }
    return cublas.isPresent();
  }

  @Override
  public void multiply(Product product, long workspace, long workspaceBytes) {
    enter();
    cublas.orElseThrow().multiply(product, workspace, workspaceBytes);
  }

  @Override
  public void synchronize(Stream stream) {
    enter();
    check(JCudaDriver.cuStreamSynchronize(of(stream)), "cuStreamSynchronize");
  }

  @Override
  public Event newEvent() {
    enter();
    CUevent handle = new CUevent();
    check(JCudaDriver.cuEventCreate(handle, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
    CudaEvent event = new CudaEvent(handle);
    events.add(event);
    return event;
  }

  @Override
  public void free(Event event) {
    enter();
    if (!events.remove(event)) {
      throw new IllegalArgumentException("no event of this driver, or freed before");
    }
    check(JCudaDriver.cuEventDestroy(of(event)), "cuEventDestroy");
  }

  @Override
  public void record(Event event, Stream stream) {
    enter();
    check(JCudaDriver.cuEventRecord(of(event), of(stream)), "cuEventRecord");
  }

  @Override
  public void await(Event event, Stream stream) {
    enter();
    check(JCudaDriver.cuStreamWaitEvent(of(stream), of(event), 0), "cuStreamWaitEvent");
  }

  @Override
  public boolean done(Event event) {
    enter();
    int result = JCudaDriver.cuEventQuery(of(event));
    if (result == CUresult.CUDA_ERROR_NOT_READY) {
      return false;
    }
    check(result, "cuEventQuery");
    return true;
  }

  @Override
  public long nanosBetween(Event from, Event to) {
    enter();
    float[] milliseconds = new float[1];
    check(JCudaDriver.cuEventElapsedTime(milliseconds, of(from), of(to)), "cuEventElapsedTime");
    return Math.round(milliseconds[0] * 1e6);
  }

  @Override
  public void beginCapture(Stream stream) {
    enter();
    check(
        // The other modes forbid this thread, or all, to load kernels and to allocate meanwhile.
        JCudaDriver.cuStreamBeginCapture(
            of(stream), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED),
        "cuStreamBeginCapture");
  }

  @Override
  public Graph endCapture(Stream stream) {
    enter();
    CUgraph recorded = new CUgraph();
    check(JCudaDriver.cuStreamEndCapture(of(stream), recorded), "cuStreamEndCapture");
    CUgraphExec handle = new CUgraphExec();
    int result = JCudaDriver.cuGraphInstantiate(handle, recorded, 0);
    int destroyed = JCudaDriver.cuGraphDestroy(recorded);
    check(result, "cuGraphInstantiate");
    CudaGraph graph = new CudaGraph(handle);
    graphs.add(graph);
    check(destroyed, "cuGraphDestroy");
    return graph;
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    enter();
    check(JCudaDriver.cuGraphLaunch(((CudaGraph) graph).handle, of(stream)), "cuGraphLaunch");
  }

  @Override
  public void free(Graph graph) {
    enter();
    if (!graphs.remove(graph)) {
      throw new IllegalArgumentException("no graph of this driver, or freed before");
    }
    check(JCudaDriver.cuGraphExecDestroy(((CudaGraph) graph).handle), "cuGraphExecDestroy");
  }

  /**
   * Each thing is given back whatever became of the others. A GPU that is {@link
   * GpuException.Kind#LOST} makes every call fail, and loses its memory with its context: that is
   * no failure of closing. Pinned memory cannot be looked at afterwards.
   *
   * @throws GpuException if the driver refuses otherwise; the rest has been given back
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    List<GpuException> failures = new ArrayList<>();
    attempt(failures, JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
    closed = true;
    CURRENT.remove();
    for (CUstream stream : streams.values()) {
      attempt(failures, JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }
    if (cublas != null) {
      cublas.ifPresent(Cublas::close);
    }
    for (CudaGraph graph : graphs) {
      attempt(failures, JCudaDriver.cuGraphExecDestroy(graph.handle), "cuGraphExecDestroy");
    }
    for (CudaEvent event : events) {
      attempt(failures, JCudaDriver.cuEventDestroy(event.handle), "cuEventDestroy");
    }
    for (long address : allocated) {
      attempt(failures, JCudaDriver.cuMemFree(new DevicePointer(address)), "cuMemFree");
    }
    pinned.forEach((address, life) -> {
      life.close();
      HostPointer pointer = new HostPointer(MemorySegment.ofAddress(address));
      attempt(failures, JCudaDriver.cuMemFreeHost(pointer), "cuMemFreeHost");
    });
    attempt(failures, kernels.unload(), "cuModuleUnload");
    for (CUstream stream : streams.values()) {
      attempt(failures, JCudaDriver.cuStreamDestroy(stream), "cuStreamDestroy");
    }
    // No thread of ours must be left in a context that may be gone.
    attempt(failures, JCudaDriver.cuCtxSetCurrent(new CUcontext()), "cuCtxSetCurrent");
    attempt(failures, JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
    own.close();
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  private static void attempt(List<GpuException> failures, int result, String call) {
    if (result != CUresult.CUDA_SUCCESS && CudaResult.kind(result) != GpuException.Kind.LOST) {
      failures.add(CudaResult.failure(result, call, " while closing"));
    }
  }

  /** Makes the context that of the calling thread, which every call of the driver works in. */
  private void enter() {
    if (closed) {
      throw new IllegalStateException("the GPU has been closed");
    }
    if (CURRENT.get() != this || Thread.currentThread().isVirtual()) {
      check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
      CURRENT.set(this);
    }
  }

  private CUstream of(Stream stream) {
    return streams.get(stream);
  }

  private static CUevent of(Event event) {
    return ((CudaEvent) event).handle;
  }

  private static void requirePositive(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("a size of " + bytes + " bytes");
    }
  }

  private static String text(byte[] name) {
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    return new String(name, 0, length, StandardCharsets.UTF_8);
  }
}
