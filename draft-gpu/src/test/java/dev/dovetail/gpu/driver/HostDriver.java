package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A GPU that is played by the CPU, for tests: the kernels are compiled by g++ and run at once, on
 * the caller's thread. It is stricter than a GPU: memory is filled with NaN bits when it is given
 * out, bytes around it are watched, every address and size that a copy names is checked, a kernel
 * that would hang fails with a message, and after a kernel has failed nothing works any more.
 */
public final class HostDriver implements GpuDriver {
  private static final int ALIGNMENT = 256;
  private static final byte POISON = (byte) 0xff;
  private static final byte CANARY = (byte) 0xa5;
  private static final MemorySegment CANARIES = Arena.ofAuto().allocate(ALIGNMENT).fill(CANARY);

  private final long limit;
  private final long seed;
  private final boolean library;
  private final TreeMap<Long, Memory> device = new TreeMap<>();
  private final Map<Long, Memory> pinned = new TreeMap<>();
  private final Map<Stream, List<Runnable>> captured = new EnumMap<>(Stream.class);
  private long allocated;
  private long launches;
  private long copiedIn;
  private long products;
  private Optional<String> lost = Optional.empty();
  private boolean closed;

  /** Memory with a zone before and after it that nobody may write. */
  private record Memory(Arena arena, MemorySegment whole, MemorySegment data) {
    static Memory of(long bytes) {
      Arena arena = Arena.ofShared();
      MemorySegment whole = arena.allocate(bytes + 2 * ALIGNMENT, ALIGNMENT).fill(CANARY);
      return new Memory(arena, whole, whole.asSlice(ALIGNMENT, bytes).fill(POISON));
    }

    boolean isIntact() {
      MemorySegment after = whole.asSlice(ALIGNMENT + data.byteSize());
      return whole.asSlice(0, ALIGNMENT).mismatch(CANARIES) < 0 && after.mismatch(CANARIES) < 0;
    }
  }

  private static final class HostEvent implements Event {
    private OptionalLong recorded = OptionalLong.empty();
  }

  private record HostGraph(List<Runnable> work) implements Graph {}

  /**
   * @param limit the memory it has, in bytes
   * @param seed of the order in which threads, warps and blocks take turns
   */
  public HostDriver(long limit, long seed) {
    this(limit, seed, false);
  }

  /**
   * @param library whether there is one for products
   */
  public HostDriver(long limit, long seed, boolean library) {
    HostKernels.whyNot()
        .ifPresent(reason -> {
          throw new IllegalStateException(reason);
        });
    this.limit = limit;
    this.seed = seed;
    this.library = library;
  }

  /** Why there can be none on this machine; empty if there can. */
  public static Optional<String> whyNot() {
    return HostKernels.whyNot();
  }

  /** Bytes that were allocated and not freed, on the device; after {@link #close()}, then. */
  public long allocatedBytes() {
    return allocated;
  }

  /** Bytes of the host that were allocated and not freed; after {@link #close()}, then. */
  public long pinnedBytes() {
    return pinned.values().stream().mapToLong(memory -> memory.data.byteSize()).sum();
  }

  /** Kernels that ran, those of graphs included. */
  public long launches() {
    return launches;
  }

  /** Products of the library that ran, those of graphs included. */
  public long products() {
    return products;
  }

  /** Bytes that came from the host, those of graphs included. */
  public long copiedInBytes() {
    return copiedIn;
  }

  @Override
  public String name() {
    return "the CPU, as a test";
  }

  @Override
  public long freeBytes() {
    check();
    return limit - allocated;
  }

  @Override
  public long totalBytes() {
    check();
    return limit;
  }

  @Override
  public long allocate(long bytes) {
    checkNothingCaptured("allocate");
    if (bytes < 1) {
      throw refused("an allocation of %d bytes".formatted(bytes));
    }
    if (bytes > limit - allocated) {
      throw new GpuException(
          Kind.OUT_OF_MEMORY,
          "%d bytes are wanted, and %d of %d are free".formatted(bytes, limit - allocated, limit));
    }
    Memory memory = Memory.of(bytes);
    device.put(memory.data.address(), memory);
    allocated += bytes;
    return memory.data.address();
  }

  @Override
  public void free(long address) {
    checkNothingCaptured("free");
    Memory memory = device.get(address);
    if (memory == null) {
      throw refused("no memory begins at %#x".formatted(address));
    }
    checkIntact(memory);
    device.remove(address);
    allocated -= memory.data.byteSize();
    memory.arena.close();
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    checkNothingCaptured("allocatePinned");
    if (bytes < 1) {
      throw refused("an allocation of %d bytes".formatted(bytes));
    }
    Memory memory = Memory.of(bytes);
    pinned.put(memory.data.address(), memory);
    return memory.data;
  }

  @Override
  public void freePinned(MemorySegment segment) {
    checkNothingCaptured("freePinned");
    Memory memory = pinned.remove(segment.address());
    if (memory == null) {
      throw refused("no pinned memory begins at %#x".formatted(segment.address()));
    }
    memory.arena.close();
  }

  @Override
  public void copyIn(long to, MemorySegment from, Stream stream) {
    checkNative(from);
    submit(
        stream,
        () -> {
          device(to, from.byteSize()).copyFrom(from);
          copiedIn += from.byteSize();
        });
  }

  @Override
  public void copyOut(MemorySegment to, long from, Stream stream) {
    checkNative(to);
    submit(stream, () -> to.copyFrom(device(from, to.byteSize())));
  }

  @Override
  public void copyWithin(long to, long from, long bytes, Stream stream) {
    if (Math.abs(to - from) < bytes) {
      throw refused("%d bytes at %#x and %#x overlap".formatted(bytes, from, to));
    }
    submit(stream, () -> device(to, bytes).copyFrom(device(from, bytes)));
  }

  @Override
  public void zero(long address, long bytes, Stream stream) {
    submit(stream, () -> device(address, bytes).fill((byte) 0));
  }

  @Override
  public Function function(String file, String name) {
    check();
    return HostKernels.of(file).kernel(name);
  }

  @Override
  public void launch(Function function, Grid grid, MemorySegment arguments, Stream stream) {
    HostKernels.Kernel kernel = (HostKernels.Kernel) function;
    if (arguments.byteSize() != kernel.argumentBytes()) {
      throw refused(
          "%s takes %d bytes of arguments, not %d"
              .formatted(kernel.name(), kernel.argumentBytes(), arguments.byteSize()));
    }
    MemorySegment copy = Arena.ofAuto().allocate(arguments.byteSize(), Long.BYTES);
    copy.copyFrom(arguments);
    submit(stream, () -> run(kernel, grid, copy));
  }

  @Override
  public boolean canMultiply() {
    check();
    return library;
  }

  /** Adds from the last column to the first, which is no order of our kernels. */
  @Override
  public void multiply(Product p, long workspace, long workspaceBytes) {
    if (!library) {
      throw refused("there is no library for products");
    }
    submit(
        Stream.COMPUTE,
        () -> {
          device(workspace, workspaceBytes).fill(POISON);
          products++;
          float[] w = floats(p.w(), (long) p.rows() * p.cols());
          for (int t = 0; t < p.n(); t++) {
            float[] x = floats(p.x() + (long) t * p.xStride() * Float.BYTES, p.cols());
            MemorySegment out =
                device(
                    p.out() + (long) t * p.outStride() * Float.BYTES,
                    (long) p.rows() * Float.BYTES);
            for (int row = 0; row < p.rows(); row++) {
              float sum = 0;
              for (int i = p.cols() - 1; i >= 0; i--) {
                sum = Math.fma(w[row * p.cols() + i], x[i], sum);
              }
              float before = p.add() ? out.getAtIndex(ValueLayout.JAVA_FLOAT, row) : 0;
              out.setAtIndex(ValueLayout.JAVA_FLOAT, row, before + sum);
            }
          }
        });
  }

  private float[] floats(long address, long count) {
    return device(address, count * Float.BYTES).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Override
  public void synchronize(Stream stream) {
    check();
    checkNotCaptured(stream, "synchronize");
    device.values().forEach(this::checkIntact);
  }

  @Override
  public Event newEvent() {
    check();
    return new HostEvent();
  }

  @Override
  public void free(Event event) {
    check();
  }

  @Override
  public void record(Event event, Stream stream) {
    check();
    checkNotCaptured(stream, "record");
    ((HostEvent) event).recorded = OptionalLong.of(System.nanoTime());
  }

  @Override
  public void await(Event event, Stream stream) {
    check();
    checkNotCaptured(stream, "await");
  }

  @Override
  public boolean done(Event event) {
    check();
    return true;
  }

  @Override
  public long nanosBetween(Event from, Event to) {
    check();
    return recorded(to) - recorded(from);
  }

  private static long recorded(Event event) {
    return ((HostEvent) event).recorded.orElseThrow(() -> refused("an event without a time"));
  }

  @Override
  public void beginCapture(Stream stream) {
    check();
    checkNotCaptured(stream, "beginCapture");
    captured.put(stream, new ArrayList<>());
  }

  @Override
  public Graph endCapture(Stream stream) {
    check();
    List<Runnable> work = captured.remove(stream);
    if (work == null) {
      throw refused("nothing is captured on " + stream);
    }
    return new HostGraph(List.copyOf(work));
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    submit(stream, () -> ((HostGraph) graph).work.forEach(Runnable::run));
  }

  @Override
  public void free(Graph graph) {
    check();
  }

  /** Gives all memory back; fails if a kernel wrote beside what was still allocated. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<Memory> all = new ArrayList<>(device.values());
    all.addAll(pinned.values());
    boolean intact = all.stream().allMatch(Memory::isIntact);
    all.forEach(memory -> memory.arena.close());
    if (!intact && lost.isEmpty()) {
      throw new GpuException(Kind.LOST, "a kernel wrote outside of its memory");
    }
  }

  private void run(HostKernels.Kernel kernel, Grid grid, MemorySegment arguments) {
    launches++;
    try {
      kernel.run(grid, arguments, seed + launches);
    } catch (GpuException e) {
      if (e.kind() == Kind.LOST) {
        lost = Optional.of(e.getMessage());
      }
      throw e;
    }
  }

  private void submit(Stream stream, Runnable work) {
    check();
    List<Runnable> recording = captured.get(stream);
    if (recording == null) {
      work.run();
    } else {
      recording.add(work);
    }
  }

  /** The bytes at an address, which must lie in one allocation. */
  private MemorySegment device(long address, long bytes) {
    Map.Entry<Long, Memory> entry = device.floorEntry(address);
    if (entry == null || bytes < 0) {
      throw refused("no memory at %#x".formatted(address));
    }
    MemorySegment data = entry.getValue().data;
    long offset = address - entry.getKey();
    if (offset > data.byteSize() || bytes > data.byteSize() - offset) {
      throw refused(
          "%d bytes at offset %d of an allocation of %d".formatted(bytes, offset, data.byteSize()));
    }
    return data.asSlice(offset, bytes);
  }

  private void checkIntact(Memory memory) {
    if (!memory.isIntact()) {
      String message =
          "a kernel wrote outside of an allocation of %d bytes".formatted(memory.data.byteSize());
      lost = Optional.of(message);
      throw new GpuException(Kind.LOST, message);
    }
  }

  private static void checkNative(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("a copy's memory must be outside of the Java heap");
    }
  }

  private void checkNotCaptured(Stream stream, String call) {
    if (captured.containsKey(stream)) {
      throw refused(call + " while " + stream + " is captured");
    }
  }

  private void checkNothingCaptured(String call) {
    check();
    if (!captured.isEmpty()) {
      throw refused(call + " during a capture");
    }
  }

  private void check() {
    if (closed) {
      throw refused("the driver has been closed");
    }
    lost.ifPresent(message -> {
      throw new GpuException(Kind.LOST, "after a failure nothing works: " + message);
    });
  }

  private static GpuException refused(String message) {
    return new GpuException(Kind.REFUSED, message);
  }
}
