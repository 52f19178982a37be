package dev.dovetail.gpu.driver;

import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Gives up on a GPU that does not answer, and keeps away from one that has failed: after {@link
 * Kind#TIMED_OUT} or {@link Kind#LOST} every call fails at once, with the first failure as its
 * cause; but what is freed or closed then is just forgotten, and given back by the driver if it
 * ever answers.
 *
 * <p>The time of {@link #synchronize} is limited, and waiting does not occupy a core. Other calls
 * are the driver's own.
 */
public final class TimeLimitedDriver implements GpuDriver {
  /** System property: how long {@link #synchronize} waits, in ms. */
  public static final String TIMEOUT_PROPERTY = "dovetail.gpu.timeoutMs";

  private static final long DEFAULT_TIMEOUT_MS = 10_000;

  // A short wait is spun out, since sleeping takes the system 60 us at the least.
  private static final long SPIN_NANOS = 30_000;
  private static final long SLEEP_NANOS = 50_000;
  private static final Duration CLOSING = Duration.ofMillis(500);

  private final GpuDriver driver;
  private final Duration timeout;
  private final Consumer<GpuException> whenLost;
  private Event mark;
  private volatile GpuException failure;
  private boolean closed;

  /**
   * @param driver owned from here on
   * @param timeout above zero
   * @param whenLost is told once, when nothing works any more
   */
  public TimeLimitedDriver(GpuDriver driver, Duration timeout, Consumer<GpuException> whenLost) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("a time limit of " + timeout);
    }
    this.driver = driver;
    this.timeout = timeout;
    this.whenLost = whenLost;
  }

  /**
   * With the time limit of {@value #TIMEOUT_PROPERTY}, or 10 s.
   *
   * @throws IllegalArgumentException if the property is no number above zero
   */
  public static TimeLimitedDriver of(GpuDriver driver, Consumer<GpuException> whenLost) {
    return new TimeLimitedDriver(driver, timeout(System.getProperty(TIMEOUT_PROPERTY)), whenLost);
  }

  static Duration timeout(String property) {
    if (property == null) {
      return Duration.ofMillis(DEFAULT_TIMEOUT_MS);
    }
    try {
      long ms = Long.parseLong(property);
      if (ms > 0) {
        return Duration.ofMillis(ms);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(wrong(property), e);
    }
    throw new IllegalArgumentException(wrong(property));
  }

  private static String wrong(String property) {
    return "%s is '%s': give milliseconds, 1 or more".formatted(TIMEOUT_PROPERTY, property);
  }

  @Override
  public String name() {
    return driver.name();
  }

  @Override
  public long freeBytes() {
    return ask(driver::freeBytes);
  }

  @Override
  public long totalBytes() {
    return ask(driver::totalBytes);
  }

  @Override
  public long allocate(long bytes) {
    return ask(() -> driver.allocate(bytes));
  }

  @Override
  public void free(long address) {
    release(() -> driver.free(address));
  }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    return ask(() -> driver.allocatePinned(bytes));
  }

  @Override
  public void freePinned(MemorySegment memory) {
    release(() -> driver.freePinned(memory));
  }

  @Override
  public void copyIn(long to, MemorySegment from, Stream stream) {
    tell(() -> driver.copyIn(to, from, stream));
  }

  @Override
  public void copyOut(MemorySegment to, long from, Stream stream) {
    tell(() -> driver.copyOut(to, from, stream));
  }

  @Override
  public void copyWithin(long to, long from, long bytes, Stream stream) {
    tell(() -> driver.copyWithin(to, from, bytes, stream));
  }

  @Override
  public void zero(long address, long bytes, Stream stream) {
    tell(() -> driver.zero(address, bytes, stream));
  }

  @Override
  public Function function(String file, String name) {
    return ask(() -> driver.function(file, name));
  }

  // Written out, as it is called hundreds of times a round: the others may make garbage.
  @Override
  public void launch(Function function, Grid grid, MemorySegment arguments, Stream stream) {
    requireWorking();
    try {
      driver.launch(function, grid, arguments, stream);
    } catch (GpuException e) {
      throw noted(e);
    }
  }

  @Override
  public boolean canMultiply() {
    return ask(driver::canMultiply);
  }

  @Override
  public void multiply(Product product, long workspace, long workspaceBytes) {
    tell(() -> driver.multiply(product, workspace, workspaceBytes));
  }

  @Override
  public void synchronize(Stream stream) {
    tell(() -> {
      if (mark == null) {
        mark = driver.newEvent();
      }
      driver.record(mark, stream);
      long start = System.nanoTime();
      while (!driver.done(mark)) {
        long waited = System.nanoTime() - start;
        if (waited > timeout.toNanos()) {
          throw new GpuException(
              Kind.TIMED_OUT,
              "%s did not finish its work within %d ms (%s changes the limit)"
                  .formatted(driver.name(), timeout.toMillis(), TIMEOUT_PROPERTY));
        }
        if (waited < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(SLEEP_NANOS);
        }
      }
    });
  }

  @Override
  public Event newEvent() {
    return ask(driver::newEvent);
  }

  @Override
  public void free(Event event) {
    release(() -> driver.free(event));
  }

  @Override
  public void record(Event event, Stream stream) {
    tell(() -> driver.record(event, stream));
  }

  @Override
  public void await(Event event, Stream stream) {
    tell(() -> driver.await(event, stream));
  }

  @Override
  public boolean done(Event event) {
    return ask(() -> driver.done(event));
  }

  @Override
  public long nanosBetween(Event from, Event to) {
    return ask(() -> driver.nanosBetween(from, to));
  }

  @Override
  public void beginCapture(Stream stream) {
    tell(() -> driver.beginCapture(stream));
  }

  @Override
  public Graph endCapture(Stream stream) {
    return ask(() -> driver.endCapture(stream));
  }

  @Override
  public void launch(Graph graph, Stream stream) {
    tell(() -> driver.launch(graph, stream));
  }

  @Override
  public void free(Graph graph) {
    release(() -> driver.free(graph));
  }

  /**
   * Waits for queued work, within the time limit. A GPU that has failed is closed in the
   * background, where the driver may hang for good.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (failure == null) {
      try {
        synchronize(Stream.COMPUTE);
        synchronize(Stream.COPY);
      } catch (GpuException e) {
        if (failure == null) {
          closeDriver(e);
          return;
        }
      }
    }
    if (failure == null) {
      driver.close();
    } else {
      closeInBackground();
    }
  }

  private void closeDriver(GpuException first) {
    try {
      driver.close();
    } catch (GpuException e) {
      e.addSuppressed(first);
      throw e;
    }
    throw first;
  }

  private void closeInBackground() {
    Thread closing =
        Thread.ofPlatform()
            .name("dovetail-gpu-close")
            .daemon()
            .start(() -> {
              try {
                driver.close();
              } catch (GpuException e) {
                failure.addSuppressed(e);
              }
            });
    try {
      closing.join(CLOSING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <T> T ask(Supplier<T> call) {
    requireWorking();
    try {
      return call.get();
    } catch (GpuException e) {
      throw noted(e);
    }
  }

  private void tell(Runnable call) {
    requireWorking();
    try {
      call.run();
    } catch (GpuException e) {
      throw noted(e);
    }
  }

  /** Gives something back: nothing to do where the GPU has failed, or fails at this. */
  private void release(Runnable call) {
    if (failure != null) {
      return;
    }
    try {
      call.run();
    } catch (GpuException e) {
      if (noted(e) != failure) {
        throw e;
      }
    }
  }

  private GpuException noted(GpuException e) {
    if (failure == null && (e.kind() == Kind.LOST || e.kind() == Kind.TIMED_OUT)) {
      failure = e;
      whenLost.accept(e);
    }
    return e;
  }

  private void requireWorking() {
    if (failure != null) {
      GpuException later =
          new GpuException(failure.kind(), "the GPU failed before: " + failure.getMessage());
      later.initCause(failure);
      throw later;
    }
  }
}
