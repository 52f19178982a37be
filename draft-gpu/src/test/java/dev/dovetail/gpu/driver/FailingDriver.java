package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Passes calls on, counts them, and fails one of them. After {@link Kind#LOST} and {@link
 * Kind#TIMED_OUT} all later ones fail too, but for {@link #close()}, as with the driver.
 */
public final class FailingDriver implements GpuDriver {
  private final GpuDriver driver;
  private final long failing;
  private final Kind kind;
  private final Map<String, Long> byName = new HashMap<>();
  private long calls;
  private boolean capturing;

  /**
   * @param driver owned from here on
   * @param failing which call fails, from 1; 0 for none
   */
  public FailingDriver(GpuDriver driver, long failing, Kind kind) {
    this.driver = driver;
    this.failing = failing;
    this.kind = kind;
  }

  /** How many calls there have been, without {@link #name()} and {@link #close()}. */
  public long calls() {
    return calls;
  }

  /** How many of them were of a name, such as {@code launch graph}. */
  public long calls(String name) {
    return byName.getOrDefault(name, 0L);
  }

  private GpuDriver call(String name) {
    calls++;
    byName.merge(name, 1L, Long::sum);
    boolean sticky = kind == Kind.LOST || kind == Kind.TIMED_OUT;
    if (calls == failing || sticky && failing > 0 && calls > failing) {
      throw new GpuException(kind, "injected at call %d, %s".formatted(calls, name));
    }
    return driver;
  }

  @Override
  public String name() {
    return driver.name();
  }

  @Override
  public long freeBytes() {
    return call("freeBytes").freeBytes();
  }

  @Override
  public long totalBytes() {
    return call("totalBytes").totalBytes();
  }

  @Override
  public long allocate(long bytes) {
    return call("allocate").allocate(bytes);
  }

  @Override
  public void free(long address) {
    call("free").free(address);
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    return call("allocatePinned").allocatePinned(bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) {
    call("freePinned").freePinned(memory);
  }

  @Override
  public void copyIn(long to, MemorySegment from, Stream stream) {
    call("copyIn").copyIn(to, from, stream);
  }

  @Override
  public void copyOut(MemorySegment to, long from, Stream stream) {
    call("copyOut").copyOut(to, from, stream);
  }

  @Override
  public void copyWithin(long to, long from, long bytes, Stream stream) {
    call("copyWithin").copyWithin(to, from, bytes, stream);
  }

  @Override
  public void zero(long address, long bytes, Stream stream) {
    call("zero").zero(address, bytes, stream);
  }

  @Override
  public Function function(String file, String name) {
    return call("function").function(file, name);
  }

  @Override
  public void launch(Function function, Grid grid, MemorySegment arguments, Stream stream) {
    call("launch").launch(function, grid, arguments, stream);
  }

  @Override
  public boolean canMultiply() {
    return call("canMultiply").canMultiply();
  }

  @Override
  public void multiply(Product product, long workspace, long workspaceBytes) {
    call("multiply").multiply(product, workspace, workspaceBytes);
  }

  @Override
  public void synchronize(Stream stream) {
    call("synchronize").synchronize(stream);
  }

  @Override
  public Event newEvent() {
    return call("newEvent").newEvent();
  }

  @Override
  public void free(Event event) {
    call("free").free(event);
  }

  @Override
  public void record(Event event, Stream stream) {
    call("record").record(event, stream);
  }

  @Override
  public void await(Event event, Stream stream) {
    call("await").await(event, stream);
  }

  @Override
  public boolean done(Event event) {
    return call("done").done(event);
  }

  @Override
  public long nanosBetween(Event from, Event to) {
    return call("nanosBetween").nanosBetween(from, to);
  }

  @Override
  public void beginCapture(Stream stream) {
    call("beginCapture").beginCapture(stream);
    capturing = true;
  }

  @Override
  public Graph endCapture(Stream stream) {
    boolean began = capturing;
    capturing = false;
    try {
      return call("endCapture").endCapture(stream);
    } catch (GpuException e) {
      if (began) {
        // A recording that cannot be ended is given up.
        driver.free(driver.endCapture(stream));
      }
      throw e;
    }
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    call("launch graph").launch(graph, stream);
  }

  @Override
  public void free(Graph graph) {
    call("free graph").free(graph);
  }

  @Override
  public void close() {
    driver.close();
  }
}
