package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.gpu.driver.GpuDriver.Function;
import dev.dovetail.gpu.driver.GpuDriver.Graph;
import dev.dovetail.gpu.driver.GpuDriver.Grid;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.driver.GpuException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The GPU that the CPU plays keeps what CUDA promises, and catches what CUDA forbids. */
class HostDriverTest {
  private HostDriver driver;
  private HostGpu gpu;

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    driver = new HostDriver(1 << 20, 1);
    gpu = new HostGpu(driver);
  }

  @AfterEach
  void close() {
    if (driver != null) {
      driver.close();
    }
  }

  @Test
  void copiesGoWhereTheyShould() {
    long a = gpu.upload(1, 2, 3, 4, 5);
    long b = driver.allocate(20);
    driver.zero(b, 20, Stream.COMPUTE);
    driver.copyWithin(b + 4, a + 8, 8, Stream.COPY);
    assertThat(gpu.downloadInts(b, 5)).containsExactly(0, 3, 4, 0, 0);
  }

  @Test
  void memoryIsCountedLimitedAndAligned() {
    long all = driver.allocate(1 << 20);
    assertThat(all % 256).isZero();
    assertThat(driver.freeBytes()).isZero();
    assertThat(driver.totalBytes()).isEqualTo(1 << 20);
    fails(
        Kind.OUT_OF_MEMORY,
        "1 bytes are wanted, and 0 of 1048576 are free",
        () -> driver.allocate(1));
    driver.free(all);
    assertThat(driver.allocatedBytes()).isZero();
    long part = driver.allocate(100);
    assertThat(driver.allocatedBytes()).isEqualTo(100);
    fails(Kind.REFUSED, "no memory begins", () -> driver.free(all + 1));
    driver.close();
    assertThat(driver.allocatedBytes()).as("leaked").isEqualTo(100);
    fails(Kind.REFUSED, "closed", () -> driver.free(part));
  }

  @Test
  void newMemoryIsNotANumber() {
    assertThat(gpu.download(gpu.floats(3), 3)).containsExactly(Float.NaN, Float.NaN, Float.NaN);
    MemorySegment pinned = driver.allocatePinned(4);
    assertThat(pinned.get(ValueLayout.JAVA_FLOAT, 0)).isNaN();
    assertThat(driver.pinnedBytes()).isEqualTo(4);
    driver.freePinned(pinned);
    assertThat(driver.pinnedBytes()).isZero();
  }

  @Test
  void copiesStayInOneAllocation() {
    long a = driver.allocate(16);
    fails(
        Kind.REFUSED,
        "8 bytes at offset 12 of an allocation of 16",
        () -> driver.zero(a + 12, 8, Stream.COMPUTE));
    fails(Kind.REFUSED, "overlap", () -> driver.copyWithin(a, a + 4, 8, Stream.COMPUTE));
    driver.free(a);
    fails(Kind.REFUSED, "no memory", () -> driver.zero(a, 1, Stream.COMPUTE));
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 96, 128, 1024})
  void threadsMeetAtABarrier(int threads) {
    assertThat(reverse("reverse", threads)).containsExactly(reversed(threads));
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 128})
  void aMissingBarrierIsSeen(int threads) {
    assertThat(reverse("reverse_unsafe", threads)).contains(Float.NaN);
  }

  @Test
  void shufflesGiveWhatTheOtherLanePassed() {
    float[] in = new float[32];
    for (int i = 0; i < 32; i++) {
      in[i] = i;
    }
    long out = gpu.floats(128);
    run("shuffles", Grid.of(1, 32), gpu.upload(in), out, 0);
    float[] expected = new float[128];
    for (int i = 0; i < 32; i++) {
      int group = i / 8 * 8;
      expected[i] = i ^ 3;
      expected[32 + i] = group + 5;
      expected[64 + i] = i - group + 3 < 8 ? i + 3 : i;
      expected[96 + i] = i - group >= 3 ? i - 3 : i;
    }
    assertThat(gpu.download(out, 128)).containsExactly(expected);
  }

  @Test
  void partsOfAWarpShuffleOnTheirOwn() {
    float[] in = new float[32];
    for (int i = 0; i < 32; i++) {
      in[i] = i < 16 ? 1 : 2;
    }
    long out = gpu.floats(32);
    run("halves", Grid.of(1, 32), gpu.upload(in), out, 0);
    float[] sums = gpu.download(out, 32);
    assertThat(sums[0]).isEqualTo(48_016);
    assertThat(sums[31]).isEqualTo(48_032);
  }

  @Test
  void lanesThatHaveReturnedDoNotVoteAndGiveNothing() {
    float[] in = new float[32];
    in[2] = 1;
    in[30] = 1;
    long out = gpu.floats(128);
    run("votes", Grid.of(1, 32), gpu.upload(in), out, 0);
    int[] votes = gpu.downloadInts(out, 96);
    assertThat(votes[5]).isEqualTo(1 << 30 | 1 << 2);
    assertThat(votes[32 + 5]).isEqualTo(1);
    assertThat(votes[64 + 5]).isZero();
    Arrays.fill(in, 1);
    run("votes", Grid.of(1, 32), gpu.upload(in), out, 0);
    assertThat(gpu.downloadInts(out, 96)[64 + 5]).isEqualTo(1);
    assertThat(gpu.download(out, 128)[96 + 5]).isNaN();
  }

  @Test
  void atomicsCountOverAllBlocks() {
    float[] in = new float[1000];
    for (int i = 0; i < in.length; i += 3) {
      in[i] = 1;
    }
    long out = gpu.upload(0, 0);
    run("count", Grid.of(8, 128), gpu.upload(in), out, in.length);
    assertThat(gpu.downloadInts(out, 2)).containsExactly(334, 43);
  }

  @Test
  void sharedMemoryIsPoisonedBeforeEachBlock() {
    long out = gpu.floats(96);
    driver.zero(out, 96 * 4, Stream.COMPUTE);
    run("unwritten", Grid.of(3, 32), 0, out, 0);
    assertThat(gpu.download(out, 96)).containsOnly(Float.NaN);
  }

  @ParameterizedTest
  @CsvSource({
    "half_barrier, 64, not all threads of the block come to the same __syncthreads",
    "two_barriers, 64, not all threads of the block come to the same __syncthreads",
    "lonely_shuffle, 32, thread 0 waits in a shuffle at words.cu:92 with mask 0xffffffff",
    "greedy, 32, wrote past the 128 bytes of dynamic shared memory",
    "overrun, 32, wrote outside of an allocation of 128 bytes",
  })
  void whatWouldHangOrSpoilAGpuIsAnErrorForGood(String kernel, int threads, String message) {
    long in = gpu.upload(new float[128]);
    Grid grid = new Grid(1, 1, threads, kernel.equals("greedy") ? 128 : 0);
    long out = gpu.floats(32);
    Arguments arguments = new Arguments().pointer(in).pointer(out).integer(32);
    fails(Kind.LOST, message, () -> gpu.run("words", kernel, grid, arguments));
    fails(Kind.LOST, message, () -> driver.allocate(1));
  }

  @Test
  void gridsAndArgumentsAreChecked() {
    Function count = driver.function("words", "count");
    MemorySegment arguments = new Arguments().pointer(0).pointer(0).integer(0).segment();
    fails(Kind.REFUSED, "at most 128", () -> launch(count, Grid.of(1, 160), arguments));
    fails(Kind.REFUSED, "a multiple of 32", () -> launch(count, Grid.of(1, 33), arguments));
    fails(Kind.REFUSED, "at most 49152", () -> launch(count, new Grid(1, 1, 32, 49153), arguments));
    fails(
        Kind.REFUSED,
        "count takes 24 bytes of arguments, not 16",
        () -> launch(count, Grid.of(1, 32), new Arguments().pointer(0).pointer(0).segment()));
    fails(Kind.REFUSED, "no kernel absent.cu", () -> driver.function("absent", "count"));
    fails(Kind.REFUSED, "absent", () -> driver.function("words", "absent"));
  }

  @Test
  void aGraphRepeatsWhatWasRecorded() {
    MemorySegment pinned = driver.allocatePinned(128);
    long in = gpu.floats(32);
    long out = gpu.floats(32);
    Arguments arguments = new Arguments().pointer(in).pointer(out).integer(32);
    Function reverse = driver.function("words", "reverse");
    driver.beginCapture(Stream.COMPUTE);
    driver.copyIn(in, pinned, Stream.COMPUTE);
    driver.launch(reverse, new Grid(1, 1, 32, 128), arguments.segment(), Stream.COMPUTE);
    arguments.clear().integer(-1);
    driver.copyOut(pinned, out, Stream.COMPUTE);
    fails(Kind.REFUSED, "captured", () -> driver.synchronize(Stream.COMPUTE));
    fails(Kind.REFUSED, "during a capture", () -> driver.allocate(1));
    Graph graph = driver.endCapture(Stream.COMPUTE);
    assertThat(driver.launches()).isZero();
    assertThat(gpu.download(in, 32)).containsOnly(Float.NaN);

    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 32; i++) {
        pinned.setAtIndex(ValueLayout.JAVA_FLOAT, i, 100 * round + i);
      }
      driver.launch(graph, Stream.COMPUTE);
      driver.synchronize(Stream.COMPUTE);
      assertThat(pinned.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(100 * round + 31);
      assertThat(pinned.getAtIndex(ValueLayout.JAVA_FLOAT, 31)).isEqualTo(100 * round);
    }
    assertThat(driver.launches()).isEqualTo(3);
    fails(Kind.REFUSED, "nothing is captured", () -> driver.endCapture(Stream.COMPUTE));
  }

  @Test
  void marksHaveTimes() {
    GpuDriver.Event first = driver.newEvent();
    GpuDriver.Event second = driver.newEvent();
    driver.record(first, Stream.COMPUTE);
    fails(Kind.REFUSED, "without a time", () -> driver.nanosBetween(first, second));
    LockSupport.parkNanos(1_000_000);
    driver.record(second, Stream.COMPUTE);
    long nanos = driver.nanosBetween(first, second);
    assertThat(nanos).isPositive();
    assertThat(driver.nanosBetween(second, first)).isEqualTo(-nanos);
  }

  @Test
  void aCopyOfTheHeapIsRefusedAsAGpuWould() {
    long a = driver.allocate(4);
    assertThatThrownBy(() -> driver.copyIn(a, MemorySegment.ofArray(new float[1]), Stream.COMPUTE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private float[] reverse(String kernel, int threads) {
    float[] in = new float[3 * threads];
    for (int i = 0; i < in.length; i++) {
      in[i] = i;
    }
    long out = gpu.floats(in.length);
    run(kernel, new Grid(3, 1, threads, 4 * threads), gpu.upload(in), out, 0);
    return gpu.download(out, in.length);
  }

  private static float[] reversed(int threads) {
    float[] expected = new float[3 * threads];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (i / threads + 1) * threads - 1 - i % threads;
    }
    return expected;
  }

  private void run(String kernel, Grid grid, long in, long out, int n) {
    gpu.run("words", kernel, grid, new Arguments().pointer(in).pointer(out).integer(n));
  }

  private void launch(Function function, Grid grid, MemorySegment arguments) {
    driver.launch(function, grid, arguments, Stream.COMPUTE);
  }

  private static void fails(Kind kind, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(GpuException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessageContaining(message);
  }
}
