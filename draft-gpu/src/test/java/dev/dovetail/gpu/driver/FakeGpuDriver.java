package dev.dovetail.gpu.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Does nothing, remembers what it was asked, and answers when it is told to. */
final class FakeGpuDriver implements GpuDriver {
  final List<String> asked = new ArrayList<>();
  final CountDownLatch closed = new CountDownLatch(1);

  /** How many questions an event answers with no; below 0: all. */
  int unanswered;

  /** What {@link #close()} waits for. */
  CountDownLatch closing = new CountDownLatch(0);

  @Override
  public String name() {
    return "Fake";
  }

  @Override
  public long freeBytes() {
    asked.add("freeBytes");
    return 1;
  }

  @Override
  public long totalBytes() {
    asked.add("totalBytes");
    return 2;
  }

  @Override
  public long allocate(long bytes) {
    asked.add("allocate " + bytes);
    return 256;
  }

  @Override
  public void free(long address) {
    asked.add("free " + address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    asked.add("allocatePinned " + bytes);
    return Arena.ofAuto().allocate(bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    asked.add("freePinned " + memory.byteSize());
  }

  @Override
  public void copyIn(long to, MemorySegment from, Stream stream) {
    asked.add("copyIn %d %d %s".formatted(to, from.byteSize(), stream));
  }

  @Override
  public void copyOut(MemorySegment to, long from, Stream stream) {
    asked.add("copyOut %d %d %s".formatted(to.byteSize(), from, stream));
  }

  @Override
  public void copyWithin(long to, long from, long bytes, Stream stream) {
    asked.add("copyWithin %d %d %d %s".formatted(to, from, bytes, stream));
  }

  @Override
  public void zero(long address, long bytes, Stream stream) {
    asked.add("zero %d %d %s".formatted(address, bytes, stream));
  }

  @Override
  public Function function(String file, String name) {
    asked.add("function %s %s".formatted(file, name));
    return new Function() {};
  }

  @Override
  public void launch(Function function, Grid grid, MemorySegment arguments, Stream stream) {
    asked.add("launch kernel %d %d %s".formatted(grid.x(), arguments.byteSize(), stream));
  }

  @Override
  public boolean canMultiply() {
    asked.add("canMultiply");
    return true;
  }

  @Override
  public void multiply(Product product, long workspace, long workspaceBytes) {
    asked.add("multiply %d %d %d".formatted(product.w(), workspace, workspaceBytes));
  }

  @Override
  public void synchronize(Stream stream) {
    asked.add("synchronize " + stream);
  }

  @Override
  public Event newEvent() {
    asked.add("newEvent");
    return new Event() {};
  }

  @Override
  public void free(Event event) {
    asked.add("free event");
  }

  @Override
  public void record(Event event, Stream stream) {
    asked.add("record " + stream);
  }

  @Override
  public void await(Event event, Stream stream) {
    asked.add("await " + stream);
  }

  @Override
  public boolean done(Event event) {
    if (unanswered == 0) {
      return true;
    }
    unanswered--;
    return false;
  }

  @Override
  public long nanosBetween(Event from, Event to) {
    asked.add("nanosBetween");
    return 3;
  }

  @Override
  public void beginCapture(Stream stream) {
    asked.add("beginCapture " + stream);
  }

  @Override
  public Graph endCapture(Stream stream) {
    asked.add("endCapture " + stream);
    return new Graph() {};
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    asked.add("launch graph " + stream);
  }

  @Override
  public void free(Graph graph) {
    asked.add("free graph");
  }

  @Override
  public void close() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    closed.countDown();
  }
}
