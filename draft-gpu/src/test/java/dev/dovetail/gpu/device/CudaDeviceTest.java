package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.cpu.CpuDeviceProvider;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.RandomTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every operation on the GPU that the CPU plays, against the CPU's device. */
class CudaDeviceTest {
  private static final long SEED = 20260;
  private static final long MEMORY = 1L << 28;

  private final Random random = new Random(SEED);
  private HostDriver driver;
  private Device cpu;
  private CudaDevice gpu;

  @BeforeEach
  void open() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    open(KvType.F32);
  }

  private void open(KvType kv) {
    open(new HostDriver(MEMORY, SEED), kv);
  }

  private void open(HostDriver host, KvType kv) {
    driver = host;
    cpu = new CpuDeviceProvider().open(new DeviceOptions(1, kv, 0));
    gpu = new CudaDevice(driver, kv, MEMORY);
  }

  @AfterEach
  void close() {
    if (gpu != null) {
      gpu.close();
      cpu.close();
    }
  }

  /** What an operation writes on a device. */
  private interface Operation {
    float[] run(Device device, Random random);
  }

  /** Runs an operation on both devices with the same numbers. */
  private void compare(String what, double tolerance, Operation operation) {
    long seed = random.nextLong();
    float[] expected = operation.run(cpu, new Random(seed));
    float[] actual = operation.run(gpu, new Random(seed));
    assertClose(what + ", seed " + seed, expected, actual, tolerance);
  }

  /** Errors are measured against the largest number of all. */
  private static void assertClose(String what, float[] expected, float[] actual, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = 0;
    for (float x : expected) {
      largest = Math.max(largest, Math.abs(x));
    }
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs((double) expected[i] - actual[i]);
      assertThat(error <= tolerance * largest)
          .as(
              "%s: number %d is %s, expected %s (largest %s)",
              what, i, actual[i], expected[i], largest)
          .isTrue();
    }
  }

  private static float[] numbers(int count, Random random) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() * (random.nextInt(50) == 0 ? 20 : 1);
    }
    return numbers;
  }

  /** Random rows, whose columns are part of wider ones. */
  private static Rows rows(Device device, int n, int width, int before, int after, Random random) {
    Rows all = Rows.allocate(device, n, before + width + after);
    device.write(numbers(n * all.width(), random), 0, n, all);
    return all.columns(before, width);
  }

  private static float[] read(Device device, Rows rows, int n) {
    float[] out = new float[n * rows.width()];
    device.read(rows, n, out, 0);
    return out;
  }

  /** All of the buffer, so that a number written beside a view shows. */
  private static float[] readAll(Device device, Rows rows, int n) {
    return read(device, new Rows(rows.buffer(), 0, rows.stride(), rows.stride()), n);
  }

  @ParameterizedTest
  @EnumSource(value = TensorType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
  void multiplies(TensorType type) {
    int[] widths = type.blockSize() == 1 ? new int[] {4, 12, 260, 576} : new int[] {256, 768};
    for (int cols : widths) {
      Tensor first = RandomTensors.tensor(type, 7, cols, random);
      Tensor second = RandomTensors.tensor(TensorType.Q8_0, 5, cols / 32 * 32, random);
      List<Tensor> parts = cols % 32 == 0 ? List.of(first, second) : List.of(first);
      for (int n : new int[] {1, 2, 3, 7, 16, 21}) {
        for (boolean add : new boolean[] {false, true}) {
          compare(
              "%s x %d columns, %d tokens, add %s".formatted(type, cols, n, add),
              1e-5,
              (device, numbers) -> {
                try (Matrix w = device.matrix(parts)) {
                  Rows x = rows(device, n, cols, 8, 4, numbers);
                  Rows out = rows(device, n, w.rows(), 3, 2, numbers);
                  if (add) {
                    device.matmulAdd(w, x, n, out);
                  } else {
                    device.matmul(w, x, n, out);
                  }
                  return readAll(device, out, n);
                }
              });
        }
      }
    }
  }

  /** The library's products, which add from the last column to the first. */
  @ParameterizedTest
  @EnumSource(value = TensorType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
  void aDraftsPromptIsMultipliedByTheLibrary(TensorType type) {
    close();
    open(new HostDriver(MEMORY, SEED, true), KvType.F32);
    int cols = type.blockSize() == 1 ? 44 : 256;
    // Once more rows than are widened at a time.
    boolean tall = type == TensorType.Q8_0;
    Tensor first = RandomTensors.tensor(type, tall ? 4100 : 40, cols, random);
    Tensor second = RandomTensors.tensor(TensorType.F16, 3, cols, random);
    for (int n : new int[] {64, 65}) {
      for (boolean add : new boolean[] {false, true}) {
        long before = driver.products();
        compare(
            "%s, %d tokens, add %s".formatted(type, n, add),
            1e-5,
            (device, numbers) -> {
              try (Matrix w = device.draftMatrix(List.of(first, second))) {
                Rows x = rows(device, n, cols, 8, 4, numbers);
                Rows out = rows(device, n, w.rows(), 3, 2, numbers);
                if (add) {
                  device.matmulAdd(w, x, n, out);
                } else {
                  device.matmul(w, x, n, out);
                }
                return readAll(device, out, n);
              }
            });
        assertThat(driver.products() - before)
            .as("%d tokens", n)
            .isEqualTo(n < 65 ? 0 : tall ? 3 : 2);
      }
    }
  }

  /** Room for either the library's 20 MiB and a bit, or for 20 MiB of something else. */
  @Test
  void theLibraryGivesItsRoomBack() {
    HostDriver host = new HostDriver(MEMORY, SEED, true);
    int tokens = 65;
    try (CudaDevice small = new CudaDevice(host, KvType.F32, 22 << 20)) {
      Tensor tensor = RandomTensors.tensor(TensorType.Q8_0, 9, 256, random);
      Matrix w = small.draftMatrix(List.of(tensor));
      Rows x = Rows.allocate(small, tokens, 256);
      Rows out = Rows.allocate(small, tokens, 9);
      small.matmul(w, x, tokens, out);
      assertThat(host.products()).isEqualTo(1);
      long held = small.heldBytes().orElseThrow();
      Buffer large = small.buffer(20 << 18);
      assertThat(small.heldBytes()).hasValue(held + (20 << 20));
      small.matmul(w, x, tokens, out);
      assertThat(host.products()).as("no room").isEqualTo(1);
      large.close();
      small.matmul(w, x, tokens, out);
      assertThat(host.products()).isEqualTo(2);
    }
  }

  @Test
  void otherMatricesNeverGoToTheLibrary() {
    close();
    open(new HostDriver(MEMORY, SEED, true), KvType.F32);
    Tensor tensor = RandomTensors.tensor(TensorType.Q8_0, 9, 256, random);
    try (Matrix w = gpu.matrix(List.of(tensor));
        Matrix ofDraft = gpu.draftMatrix(List.of(tensor))) {
      Rows x = rows(gpu, 65, 256, 0, 0, random);
      Rows out = Rows.allocate(gpu, 65, 9);
      gpu.matmul(w, x, 65, out);
      float[] inOrder = read(gpu, out, 65);
      assertThat(driver.products()).isZero();
      gpu.matmul(ofDraft, x, 65, out);
      assertThat(driver.products()).isEqualTo(1);
      assertThat(read(gpu, out, 65)).as("another order").isNotEqualTo(inOrder);
      gpu.matmul(w, x, 1, out);
      assertThat(read(gpu, out, 1)).isEqualTo(Arrays.copyOf(inOrder, 9));
    }
  }

  @Test
  void aTokensProductsDoNotDependOnItsCompany() {
    Tensor tensor = RandomTensors.tensor(TensorType.Q4_K, 9, 512, random);
    float[] x = numbers(37 * 512, random);
    try (Matrix w = gpu.matrix(List.of(tensor))) {
      Rows in = Rows.allocate(gpu, 37, 512);
      Rows out = Rows.allocate(gpu, 37, 9);
      gpu.write(x, 0, 37, in);
      gpu.matmul(w, in, 37, out);
      float[] together = read(gpu, out, 37);
      for (int t = 0; t < 37; t++) {
        gpu.matmul(w, in.from(t), 1, out);
        assertThat(read(gpu, out, 1)).isEqualTo(Arrays.copyOfRange(together, 9 * t, 9 * t + 9));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = TensorType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
  void embedsTheVeryNumbersOfTheFile(TensorType type) {
    int cols = type.blockSize() == 1 ? 44 : 512;
    Tensor table = RandomTensors.tensor(type, 11, cols, random);
    compare(
        type.name(),
        0,
        (device, numbers) -> {
          try (EmbeddingTable embedding = device.embedding(table)) {
            Rows out = rows(device, 4, cols, 1, 1, numbers);
            device.embed(embedding, TreeBatch.chain(10, 0, 3, 3), out);
            return readAll(device, out, 4);
          }
        });
  }

  @Test
  void anIdOutsideOfTheTableIsRefused() {
    Tensor table = RandomTensors.tensor(TensorType.F16, 3, 8, random);
    try (EmbeddingTable embedding = gpu.embedding(table)) {
      Rows out = Rows.allocate(gpu, 1, 8);
      assertThatThrownBy(() -> gpu.embed(embedding, TreeBatch.chain(3), out))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void gathersAndCopies() {
    compare(
        "gather",
        0,
        (device, numbers) -> {
          Rows source = rows(device, 9, 130, 2, 3, numbers);
          Rows out = rows(device, 5, 130, 1, 0, numbers);
          TreeBatch batch = new TreeBatch(8);
          for (int parent : new int[] {-1, 0, -1, 2, -1, 3, 3, 0}) {
            batch.add(0, parent);
            if (batch.end() == 3) {
              batch.advance();
            }
          }
          device.gatherParents(source, batch, out);
          return readAll(device, out, 5);
        });
    compare(
        "copy",
        0,
        (device, numbers) -> {
          Rows source = rows(device, 4, 130, 2, 3, numbers);
          Rows out = rows(device, 4, 130, 1, 0, numbers);
          device.copy(source, 3, out);
          return readAll(device, out, 4);
        });
  }

  @Test
  void widensHalves() {
    for (int width : new int[] {4, 127, 576}) {
      compare(
          "f16 rows of " + width,
          0,
          (device, numbers) -> {
            short[] halves = new short[3 + 5 * width];
            for (int i = 0; i < halves.length; i++) {
              halves[i] = Float.floatToFloat16(numbers.nextFloat(-60_000, 60_000));
            }
            // -0, subnormals, the smallest normal number, the largest.
            short[] edges = {(short) 0x8000, 1, (short) 0x83ff, 0x400, 0x7bff};
            for (int i = 0; i < edges.length; i++) {
              halves[3 + i * width + i % 4] = edges[i];
            }
            Rows out = rows(device, 5, width, 2, 3, numbers);
            device.writeHalf(halves, 3, 5, out);
            return readAll(device, out, 5);
          });
    }
  }

  /** What the longest path through a tree of 16 nodes takes with it, at d = 4096. */
  @Test
  void featuresCrossInTwoBytesEach() {
    Rows rows = Rows.allocate(gpu, 17, 4096);
    long before = driver.copiedInBytes();
    gpu.writeHalf(new short[17 * 4096], 0, 17, rows);
    assertThat(driver.copiedInBytes() - before).isEqualTo(17 * 4096 * 2);
  }

  @Test
  void norms() {
    for (int width : new int[] {4, 96, 577, 1536}) {
      compare(
          "rms norm of " + width,
          2e-6,
          (device, numbers) -> {
            Buffer weight = device.upload(numbers(width, numbers));
            Rows x = rows(device, 3, width, 5, 1, numbers);
            Rows out = rows(device, 3, width, 0, 2, numbers);
            device.rmsNorm(x, weight, 1e-5f, 3, out);
            return readAll(device, out, 3);
          });
    }
    compare(
        "rms norm of heads",
        2e-6,
        (device, numbers) -> {
          Buffer weight = device.upload(numbers(48, numbers));
          Rows x = rows(device, 4, 5 * 48, 3, 3, numbers);
          device.rmsNormHeads(48, weight, 1e-6f, 4, x);
          return readAll(device, x, 4);
        });
  }

  @Test
  void rotates() {
    for (boolean interleaved : new boolean[] {false, true}) {
      for (int dimensions : new int[] {64, 48}) {
        compare(
            "rope of %d of 64, interleaved %s".formatted(dimensions, interleaved),
            1e-6,
            (device, numbers) -> {
              Rows angles = rows(device, 3, dimensions, 0, 0, numbers);
              Rows x = rows(device, 3, 5 * 64, 1, 2, numbers);
              device.rope(angles, interleaved, 64, 3, x);
              return readAll(device, x, 3);
            });
      }
    }
  }

  @Test
  void addsBiasActivatesAndGates() {
    compare(
        "bias",
        0,
        (device, numbers) -> {
          Buffer bias = device.upload(numbers(131, numbers));
          Rows x = rows(device, 3, 131, 1, 1, numbers);
          device.addBias(bias, 3, x);
          return readAll(device, x, 3);
        });
    compare(
        "silu",
        1e-6,
        (device, numbers) -> {
          Rows x = rows(device, 3, 131, 1, 1, numbers);
          device.silu(3, x);
          return readAll(device, x, 3);
        });
    compare(
        "silu times up",
        1e-6,
        (device, numbers) -> {
          Rows gate = rows(device, 3, 131, 0, 131, numbers);
          Rows up = new Rows(gate.buffer(), 131, 262, 131);
          Rows out = rows(device, 3, 131, 2, 0, numbers);
          device.siluMul(gate, up, 3, out);
          return readAll(device, out, 3);
        });
    compare(
        "gate",
        1e-6,
        (device, numbers) -> {
          Rows z = rows(device, 3, 66, 0, 0, numbers);
          Rows h = rows(device, 3, 132, 0, 0, numbers);
          Rows out = rows(device, 3, 66, 1, 0, numbers);
          device.gate(z, h.columns(0, 66), h.columns(66, 66), 3, out);
          return readAll(device, out, 3);
        });
  }

  /** A prompt, then trees of which paths are kept, in two layers. */
  @ParameterizedTest
  @EnumSource(KvType.class)
  void attends(KvType type) {
    close();
    open(type);
    for (int headDim : new int[] {64, 20}) {
      attends(headDim, 6, 2);
    }
    attends(160, 1, 1);
  }

  private void attends(int headDim, int heads, int kvHeads) {
    compare(
        "attention of %d heads of %d over %d".formatted(heads, headDim, kvHeads),
        1e-4,
        (device, numbers) -> {
          List<float[]> results = new ArrayList<>();
          try (KvCache cache = device.kvCache(2, kvHeads, headDim, 700)) {
            TreeBatch batch = new TreeBatch(320);
            batch.reset(0);
            for (int i = 0; i < 300; i++) {
              batch.add(0, i - 1);
            }
            results.add(pass(device, cache, batch, headDim, heads, kvHeads, numbers));
            cache.commit(IntStream.range(0, 300).toArray(), 300);
            for (int round = 0; round < 3; round++) {
              batch.reset(cache.length());
              batch.add(0, TreeBatch.PREFIX);
              batch.add(0, 0);
              batch.add(0, 0);
              batch.add(0, 2);
              results.add(pass(device, cache, batch, headDim, heads, kvHeads, numbers));
              batch.advance();
              batch.add(0, 3);
              batch.add(0, 1);
              results.add(pass(device, cache, batch, headDim, heads, kvHeads, numbers));
              cache.commit(new int[] {0, 2, 3, 4}, 4);
            }
            cache.truncate(290);
            batch.reset(290);
            batch.add(0, TreeBatch.PREFIX);
            results.add(pass(device, cache, batch, headDim, heads, kvHeads, numbers));
            assertThat(cache.length()).isEqualTo(290);
          }
          return concat(results);
        });
  }

  private static float[] pass(
      Device device,
      KvCache cache,
      TreeBatch batch,
      int headDim,
      int heads,
      int kvHeads,
      Random numbers) {
    int n = batch.size();
    List<float[]> results = new ArrayList<>();
    for (int layer = 0; layer < 2; layer++) {
      Rows qkv = rows(device, n, (heads + 2 * kvHeads) * headDim, 0, 0, numbers);
      Rows q = qkv.columns(0, heads * headDim);
      Rows k = qkv.columns(heads * headDim, kvHeads * headDim);
      Rows v = qkv.columns((heads + kvHeads) * headDim, kvHeads * headDim);
      Rows out = rows(device, n, heads * headDim, 0, 3, numbers);
      device.append(cache, layer, batch, k, v);
      device.attention(cache, layer, batch, q, 0.2f, out);
      results.add(readAll(device, out, n));
    }
    return concat(results);
  }

  private static float[] concat(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  @Test
  void theBudgetIsNeverPassed() {
    try (CudaDevice small = new CudaDevice(new HostDriver(MEMORY, SEED), KvType.F32, 10_000)) {
      Buffer buffer = small.buffer(2_000);
      assertThat(small.usedBytes()).isEqualTo(8_000);
      assertThatThrownBy(() -> small.buffer(501))
          .isInstanceOf(DeviceFailure.class)
          .hasMessage("the GPU's budget is 10000 bytes, 8000 are used, and 2004 more are wanted");
      Tensor large = RandomTensors.tensor(TensorType.Q6_K, 8, 2048, random);
      assertThatThrownBy(() -> small.matrix(List.of(large))).isInstanceOf(DeviceFailure.class);
      assertThat(small.usedBytes()).isEqualTo(8_000);
      buffer.close();
      buffer.close();
      assertThat(small.usedBytes()).isZero();
      small.buffer(2_500).close();
    }
  }
}
