package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dovetail.gpu.Cuda;
import dev.dovetail.gpu.driver.GpuDriver.Event;
import dev.dovetail.gpu.driver.GpuDriver.Function;
import dev.dovetail.gpu.driver.GpuDriver.Graph;
import dev.dovetail.gpu.driver.GpuDriver.Grid;
import dev.dovetail.gpu.driver.GpuDriver.Product;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** Run by {@link FakeCudaTest} in a process that finds the fake driver. */
final class FakeCudaRun {
  private static final Grid GRID = new Grid(3, 2, 64, 0);
  private static final int COUNT = 100;
  private static final long BYTES = COUNT * 4L;

  private final GpuDriver driver;
  private final Arena arena;

  private FakeCudaRun(GpuDriver driver, Arena arena) {
    this.driver = driver;
    this.arena = arena;
  }

  public static void main(String[] args) throws Exception {
    GpuDriver driver = Cuda.open(0);
    try (Arena arena = Arena.ofShared()) {
      new FakeCudaRun(driver, arena).run();
    }
    System.out.println("all of it worked");
  }

  private void run() throws Exception {
    describes();
    copies();
    launches();
    recordsAndReplays();
    marksEvents();
    multiplies();
    everyThreadMayCall();
    refusesMistakes();
    closingGivesAllBack();
    aLostGpuCloses();
  }

  private void describes() {
    assertThat(driver.name()).isEqualTo("Fake GPU");
    assertThat(driver.freeBytes()).isEqualTo(3L << 30);
    assertThat(driver.totalBytes()).isEqualTo(4L << 30);
    assertThatIllegalArgumentException().isThrownBy(() -> Cuda.open(1));
  }

  private void copies() {
    MemorySegment in = driver.allocatePinned(BYTES);
    for (int i = 0; i < COUNT; i++) {
      in.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
    }
    long a = driver.allocate(BYTES);
    long b = driver.allocate(BYTES);
    driver.copyIn(a, in, Stream.COPY);
    driver.copyWithin(b + 40, a + 20, 80, Stream.COPY);
    driver.zero(b, 40, Stream.COMPUTE);
    MemorySegment out = arena.allocate(120);
    driver.copyOut(out, b, Stream.COPY);
    driver.synchronize(Stream.COPY);
    for (int i = 0; i < 30; i++) {
      assertThat(out.getAtIndex(ValueLayout.JAVA_FLOAT, i)).isEqualTo(i < 10 ? 0 : i - 5);
    }
    driver.free(a);
    driver.free(b);
    driver.freePinned(in);
    assertThatIllegalStateException().isThrownBy(() -> in.get(ValueLayout.JAVA_BYTE, 0));
  }

  private MemorySegment fill(long address, float value) {
    MemorySegment struct = arena.allocate(16);
    struct.set(ValueLayout.JAVA_LONG, 0, address);
    struct.set(ValueLayout.JAVA_INT, 8, COUNT);
    struct.set(ValueLayout.JAVA_FLOAT, 12, value);
    return struct;
  }

  private float last(long address) {
    MemorySegment out = arena.allocate(4);
    driver.copyOut(out, address + BYTES - 4, Stream.COMPUTE);
    return out.get(ValueLayout.JAVA_FLOAT, 0);
  }

  private void launches() {
    Function fill = driver.function("fake_driver", "fill");
    assertThat(driver.function("fake_driver", "fill")).isSameAs(fill);
    long a = driver.allocate(BYTES);
    driver.launch(fill, GRID, fill(a, 2.5f), Stream.COMPUTE);
    assertThat(last(a)).isEqualTo(2.5f);
    // 47.5 KB with the 1 KB that the kernel has: more than comes unasked; then 80 KB.
    driver.launch(fill, new Grid(3, 2, 64, 48_640), fill(a, 3), Stream.COMPUTE);
    driver.launch(fill, new Grid(3, 2, 64, 80 << 10), fill(a, 4), Stream.COMPUTE);
    assertThat(last(a)).isEqualTo(4);
    GpuException refused =
        fails(() -> driver.launch(fill, new Grid(3, 2, 64, 100 << 10), fill(a, 5), Stream.COMPUTE));
    assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
    assertThat(refused).hasMessage("cuFuncSetAttribute gave CUDA_ERROR_INVALID_VALUE");
    driver.free(a);
  }

  private void recordsAndReplays() {
    Function fill = driver.function("fake_driver", "fill");
    long a = driver.allocate(BYTES);
    driver.zero(a, BYTES, Stream.COMPUTE);
    driver.beginCapture(Stream.COMPUTE);
    driver.launch(fill, GRID, fill(a, 7), Stream.COMPUTE);
    Graph graph = driver.endCapture(Stream.COMPUTE);
    assertThat(last(a)).isZero();
    driver.launch(graph, Stream.COMPUTE);
    assertThat(last(a)).isEqualTo(7);
    driver.free(graph);
    assertThatIllegalArgumentException().isThrownBy(() -> driver.free(graph));
    driver.free(a);
    assertThat(fails(() -> driver.endCapture(Stream.COPY)))
        .hasMessage("cuStreamEndCapture gave CUDA_ERROR_INVALID_VALUE");
  }

  private void marksEvents() {
    Event event = driver.newEvent();
    assertThat(driver.done(event)).isTrue();
    driver.record(event, Stream.COMPUTE);
    driver.await(event, Stream.COPY);
    assertThat(driver.done(event)).isFalse();
    assertThat(driver.done(event)).isTrue();
    Event later = driver.newEvent();
    assertThat(fails(() -> driver.nanosBetween(event, later)))
        .hasMessage("cuEventElapsedTime gave CUDA_ERROR_INVALID_HANDLE");
    driver.record(later, Stream.COMPUTE);
    assertThat(driver.done(later)).isFalse();
    assertThat(driver.done(later)).isTrue();
    assertThat(driver.nanosBetween(event, later)).isEqualTo(1_500_000);
    driver.free(event);
    driver.free(later);
    try (GpuDriver other = CudaDriver.open(0)) {
      GpuDriver limited = TimeLimitedDriver.of(other, _ -> {});
      limited.synchronize(Stream.COMPUTE);
    }
  }

  /** Two tokens and three rows of four weights, the tokens and their results five apart. */
  private void multiplies() {
    assertThat(driver.canMultiply()).isTrue();
    assertThat(driver.canMultiply()).isTrue();
    float[] numbers = {1, 2, 3, 4, 0, 1, 0, 0, -1, 0, 0, 1, 5, 6, 7, 8, 99, 1, 1, 1, 1, 99};
    MemorySegment in = driver.allocatePinned(numbers.length * 4L);
    MemorySegment.copy(numbers, 0, in, ValueLayout.JAVA_FLOAT, 0, numbers.length);
    long w = driver.allocate(numbers.length * 4L);
    long x = w + 12 * 4;
    long out = driver.allocate(10 * 4);
    long workspace = driver.allocate(512);
    driver.copyIn(w, in, Stream.COMPUTE);
    driver.zero(out, 40, Stream.COMPUTE);
    driver.multiply(new Product(w, 3, 4, x, 5, 2, false, out, 5), workspace, 512);
    assertThat(floats(out, 10)).containsExactly(70, 6, 3, 0, 0, 10, 1, 0, 0, 0);
    driver.multiply(new Product(w, 3, 4, x, 5, 2, true, out, 5), workspace, 512);
    assertThat(floats(out, 10)).containsExactly(140, 12, 6, 0, 0, 20, 2, 0, 0, 0);
    GpuException refused =
        fails(
            () -> driver.multiply(new Product(w, 3, 4, x, 5, 2, true, out, 5), workspace + 4, 512));
    assertThat(refused).hasMessage("cublasSetWorkspace gave CUBLAS_STATUS_INVALID_VALUE");
    driver.free(w);
    driver.free(out);
    driver.free(workspace);
    driver.freePinned(in);
  }

  private float[] floats(long address, int count) {
    MemorySegment to = arena.allocate(count * 4L);
    driver.copyOut(to, address, Stream.COMPUTE);
    return to.toArray(ValueLayout.JAVA_FLOAT);
  }

  private void everyThreadMayCall() throws Exception {
    long[] seen = new long[1];
    Thread.ofPlatform().start(() -> seen[0] = driver.freeBytes()).join();
    assertThat(seen[0]).isEqualTo(3L << 30);
    // Virtual ones, which move from one carrier to another.
    ReentrantLock oneAtATime = new ReentrantLock();
    AtomicReference<GpuException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int call = 0; call < 50; call++) {
                  oneAtATime.lock();
                  try {
                    driver.freeBytes();
                  } catch (GpuException e) {
                    failure.set(e);
                  } finally {
                    oneAtATime.unlock();
                  }
                  LockSupport.parkNanos(1);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(driver.freeBytes()).isEqualTo(3L << 30);
  }

  private void refusesMistakes() {
    GpuException full = fails(() -> driver.allocate(1L << 40));
    assertThat(full.kind()).isEqualTo(Kind.OUT_OF_MEMORY);
    assertThat(full).hasMessage("cuMemAlloc gave CUDA_ERROR_OUT_OF_MEMORY");
    GpuException broken = fails(() -> driver.function("fake_driver_broken", "fill"));
    // 49 characters: the driver found the end of the text.
    assertThat(broken)
        .hasMessage(
            "cuModuleLoadDataEx gave CUDA_ERROR_INVALID_PTX for fake_driver_broken.ptx:\n"
                + "ptxas: line 3, 49 characters, is broken");
    assertThat(fails(() -> driver.function("fake_driver", "no_such")))
        .hasMessage(
            "cuModuleGetFunction gave CUDA_ERROR_NOT_FOUND, asked for no_such in fake_driver.ptx");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> driver.copyIn(0, MemorySegment.ofArray(new byte[4]), Stream.COPY));
    assertThatIllegalArgumentException().isThrownBy(() -> driver.free(256));
    assertThatIllegalArgumentException().isThrownBy(() -> driver.allocate(0));
    assertThatIllegalArgumentException().isThrownBy(() -> driver.allocatePinned(1L << 31));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            driver.launch(
                driver.function("fake_driver", "fill"),
                GRID,
                arena.allocate(5000),
                Stream.COMPUTE));
  }

  /** The fake ends the process at what is left. */
  private void closingGivesAllBack() {
    driver.allocate(1000);
    driver.allocatePinned(1000);
    driver.newEvent();
    driver.beginCapture(Stream.COPY);
    driver.endCapture(Stream.COPY);
    driver.close();
    driver.close();
    assertThatIllegalStateException().isThrownBy(driver::freeBytes);
  }

  private void aLostGpuCloses() {
    CudaDriver losing = CudaDriver.open(0);
    long a = losing.allocate(BYTES);
    MemorySegment pinned = losing.allocatePinned(100);
    losing.launch(losing.function("fake_driver", "trap"), GRID, fill(a, 0), Stream.COMPUTE);
    GpuException lost = fails(() -> losing.synchronize(Stream.COMPUTE));
    assertThat(lost.kind()).isEqualTo(Kind.LOST);
    assertThat(lost).hasMessage("cuStreamSynchronize gave CUDA_ERROR_ILLEGAL_ADDRESS");
    assertThatCode(losing::close).doesNotThrowAnyException();
    assertThat(pinned.scope().isAlive()).isFalse();
  }

  private static GpuException fails(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    GpuException failure = catchThrowableOfType(GpuException.class, call);
    assertThat(failure).as("an exception").isNotNull();
    return failure;
  }
}
