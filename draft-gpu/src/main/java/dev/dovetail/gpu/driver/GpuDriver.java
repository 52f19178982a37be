package dev.dovetail.gpu.driver;

import java.lang.foreign.MemorySegment;

/**
 * One GPU, as the few calls that a device needs of it: memory, copies, kernels, events, graphs.
 * Copies and kernels are queued on a {@link Stream} and return at once; those of one stream run in
 * the order in which they were queued. Addresses are the GPU's own.
 *
 * <p>Every call throws a {@link GpuException} if the driver refuses it, or if an earlier kernel
 * failed. Any thread may call, one at a time.
 */
public interface GpuDriver extends AutoCloseable {
  /** What work is queued on. */
  enum Stream {
    /** Kernels, and copies between them. */
    COMPUTE,
    /** Copies that run beside kernels. */
    COPY
  }

  /** A kernel that has been loaded. */
  interface Function {}

  /** A mark in a stream. */
  interface Event {}

  /** Recorded work, to be queued again as a whole. */
  interface Graph {}

  /**
   * A product {@code out = x w^T} of f32 numbers in the GPU's memory.
   *
   * @param w {@code [rows][cols]}
   * @param x {@code [n][cols]}, of which one begins {@code xStride} numbers after the other
   * @param add whether it is added to what is there
   * @param out {@code [n][rows]}, {@code outStride} numbers apart
   */
  record Product(
      long w,
      int rows,
      int cols,
      long x,
      int xStride,
      int n,
      boolean add,
      long out,
      int outStride) {}

  /**
   * How many threads run a kernel.
   *
   * @param x blocks
   * @param y blocks in the second dimension
   * @param threads of a block, a multiple of 32
   * @param sharedBytes of memory that a block's threads share, beyond what the kernel declares
   */
  record Grid(int x, int y, int threads, int sharedBytes) {
    public Grid {
      if (x < 1 || y < 1 || threads < 1 || threads > 1024 || sharedBytes < 0) {
        throw new IllegalArgumentException(
            "a grid of %d x %d blocks of %d threads with %d shared bytes"
                .formatted(x, y, threads, sharedBytes));
      }
    }

    /** One-dimensional, without shared memory. */
    public static Grid of(int blocks, int threads) {
      return new Grid(blocks, 1, threads, 0);
    }
  }

  /** What its maker calls it. */
  String name();

  /** Memory that nothing uses now, other processes included. */
  long freeBytes();

  /** All of its memory. */
  long totalBytes();

  /** Uninitialised memory; the address is a multiple of 256. */
  long allocate(long bytes);

  void free(long address);

  /**
   * Memory of the host that the GPU can copy from and to while the program goes on; the caller's,
   * to be given to {@link #freePinned}.
   */
  MemorySegment allocatePinned(long bytes);

  void freePinned(MemorySegment memory);

  /** Copies from the host; {@code from} must stay as it is until the copy is done. */
  void copyIn(long to, MemorySegment from, Stream stream);

  /** Copies to the host; {@code to} is filled when the copy is done. */
  void copyOut(MemorySegment to, long from, Stream stream);

  /** Copies from one address of the GPU to another; they do not overlap. */
  void copyWithin(long to, long from, long bytes, Stream stream);

  void zero(long address, long bytes, Stream stream);

  /**
   * Loads a kernel.
   *
   * @param file the name of its {@code .cu}, without ending
   * @param name of the function in it
   */
  Function function(String file, String name);

  /**
   * Queues a kernel.
   *
   * @param arguments the one struct that the kernel takes, by value: read before this returns
   */
  void launch(Function function, Grid grid, MemorySegment arguments, Stream stream);

  /** Whether {@link #multiply} may be called: it takes a library that may be missing. */
  boolean canMultiply();

  /**
   * Queues a product on {@link Stream#COMPUTE}; its sums run in any order.
   *
   * @param workspace memory for it to use, at a multiple of 256
   */
  void multiply(Product product, long workspace, long workspaceBytes);

  /** Waits until all work of a stream is done. */
  void synchronize(Stream stream);

  Event newEvent();

  void free(Event event);

  /** Marks the end of what is queued on a stream now. */
  void record(Event event, Stream stream);

  /** Work that is queued on the stream from now on waits for a mark. */
  void await(Event event, Stream stream);

  /** Whether the work before a mark is done. */
  boolean done(Event event);

  /**
   * The time between two marks, as the GPU's clock has it, to about a microsecond; both are {@link
   * #done}.
   */
  long nanosBetween(Event from, Event to);

  /** From here on work on the stream is recorded instead of run. */
  void beginCapture(Stream stream);

  /** Ends the recording; the graph is the caller's. */
  Graph endCapture(Stream stream);

  void launch(Graph graph, Stream stream);

  void free(Graph graph);

  /** Gives all memory back; work that is queued is waited for, or lost if the GPU has failed. */
  @Override
  void close();
}
