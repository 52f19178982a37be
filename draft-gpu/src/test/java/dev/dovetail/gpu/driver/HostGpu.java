package dev.dovetail.gpu.driver;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.dovetail.gpu.driver.GpuDriver.Grid;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Assumptions;

/**
 * What a kernel's test needs of a GPU. Memory that a test allocates is freed with it; what a kernel
 * writes outside of it fails the test at the next download or at the end.
 */
public final class HostGpu implements AutoCloseable {
  private static final long MEMORY = 1L << 30;
  private static final long SEED = 1;

  private final GpuDriver driver;

  public HostGpu(GpuDriver driver) {
    this.driver = driver;
  }

  /** The GPU that the CPU plays; the test is skipped where there is no g++. */
  public static HostGpu open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    return new HostGpu(new HostDriver(MEMORY, SEED));
  }

  public GpuDriver driver() {
    return driver;
  }

  /** Memory for {@code n} floats; on the test GPU they are NaN. */
  public long floats(int n) {
    return driver.allocate((long) n * Float.BYTES);
  }

  public long upload(float... values) {
    try (Arena arena = Arena.ofConfined()) {
      return upload(arena.allocateFrom(JAVA_FLOAT, values));
    }
  }

  public long upload(int... values) {
    try (Arena arena = Arena.ofConfined()) {
      return upload(arena.allocateFrom(JAVA_INT, values));
    }
  }

  public long upload(byte... values) {
    try (Arena arena = Arena.ofConfined()) {
      return upload(arena.allocateFrom(JAVA_BYTE, values));
    }
  }

  /** Uploads memory from outside of the Java heap. */
  public long upload(MemorySegment values) {
    long address = driver.allocate(values.byteSize());
    driver.copyIn(address, values, Stream.COMPUTE);
    driver.synchronize(Stream.COMPUTE);
    return address;
  }

  public float[] download(long address, int n) {
    try (Arena arena = Arena.ofConfined()) {
      return download(arena.allocate(JAVA_FLOAT, n), address).toArray(JAVA_FLOAT);
    }
  }

  public int[] downloadInts(long address, int n) {
    try (Arena arena = Arena.ofConfined()) {
      return download(arena.allocate(JAVA_INT, n), address).toArray(JAVA_INT);
    }
  }

  private MemorySegment download(MemorySegment to, long address) {
    driver.copyOut(to, address, Stream.COMPUTE);
    driver.synchronize(Stream.COMPUTE);
    return to;
  }

  /** Runs a kernel and waits for it. */
  public void run(String file, String name, Grid grid, Arguments arguments) {
    driver.launch(driver.function(file, name), grid, arguments.segment(), Stream.COMPUTE);
    driver.synchronize(Stream.COMPUTE);
  }

  @Override
  public void close() {
    driver.close();
  }
}
