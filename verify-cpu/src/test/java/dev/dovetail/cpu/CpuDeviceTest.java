package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceOptions;
import dev.dovetail.engine.device.DeviceProvider;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.RandomTensors;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The device's operations on views with offsets and gaps, by any number of threads. */
final class CpuDeviceTest {
  private static final int OFFSET = 3;
  private static final int GAP = 2;

  private static CpuDevice device(int threads) {
    return new CpuDevice(threads, KvType.F32, KernelSettings.current());
  }

  /** A view with canaries around its rows. */
  private static Rows rows(Device device, float[] values, int width) {
    int n = values.length / width;
    int stride = width + GAP;
    float[] canaries = Floats.canaries(OFFSET + n * stride);
    Rows rows = new Rows(device.upload(canaries), OFFSET, stride, width);
    device.write(values, 0, n, rows);
    return rows;
  }

  private static float[] read(Device device, Rows rows, int n) {
    float[] values = new float[n * rows.width()];
    device.read(rows, n, values, 0);
    float[] all = CpuBuffer.of(rows).clone();
    for (int i = 0; i < n; i++) {
      int from = rows.offset() + i * rows.stride();
      Arrays.fill(all, from, from + rows.width(), Floats.CANARY);
    }
    Floats.assertSameBits(all, Floats.canaries(all.length), "around the rows");
    return values;
  }

  private static Tensor tensor(float[] values, long... shape) {
    return new Tensor(
        "test",
        TensorType.F32,
        Arrays.stream(shape).boxed().toList(),
        MemorySegment.ofArray(values));
  }

  @Test
  void isFoundAsAService() {
    DeviceProvider provider =
        ServiceLoader.load(DeviceProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.kind().equals("cpu"))
            .findFirst()
            .orElseThrow();
    assertThat(provider.unavailable()).isEmpty();
    try (Device device = provider.open(new DeviceOptions(2, KvType.F16, 0))) {
      assertThat(device.threads()).isEqualTo(2);
      assertThat(device.kernels()).isEqualTo(KernelSettings.current().name());
      assertThat(device.description()).startsWith("cpu, ").endsWith(", 2 threads");
    }
    try (Device device = provider.open(DeviceOptions.DEFAULT)) {
      assertThat(device.threads()).isEqualTo(CpuTopology.defaultThreads());
    }
  }

  @Test
  void embedsAndGathersRows() {
    float[] table = Floats.random(5 * 4, 1);
    try (CpuDevice device = device(1);
        EmbeddingTable embedding = device.embedding(tensor(table, 5, 4))) {
      assertThat(embedding.tokens()).isEqualTo(5);
      assertThat(embedding.width()).isEqualTo(4);
      Rows out = rows(device, new float[12], 4);
      device.embed(embedding, TreeBatch.chain(4, 0, 4), out);
      float[] embedded = read(device, out, 3);
      assertThat(Arrays.copyOfRange(embedded, 0, 4)).containsExactly(row(table, 4, 4));
      assertThat(Arrays.copyOfRange(embedded, 4, 8)).containsExactly(row(table, 0, 4));
      Rows gathered = rows(device, new float[8], 4);
      TreeBatch batch = new TreeBatch(3);
      batch.add(0, TreeBatch.PREFIX);
      batch.advance();
      batch.add(0, TreeBatch.PREFIX);
      batch.add(0, 0);
      device.gatherParents(out, batch, gathered);
      assertThat(read(device, gathered, 2)).startsWith(row(table, 4, 4)).endsWith(row(table, 0, 4));
      device.copy(out.from(1), 2, gathered);
      assertThat(read(device, gathered, 2)).startsWith(row(table, 0, 4)).endsWith(row(table, 4, 4));
      assertThatThrownBy(() -> device.embed(embedding, TreeBatch.chain(5), out))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private static float[] row(float[] values, int row, int width) {
    return Arrays.copyOfRange(values, row * width, (row + 1) * width);
  }

  @Test
  void normalisesEachHeadByItself() {
    float[] x = Floats.random(2 * 3 * 8, 4);
    float[] weight = Floats.random(8, 5);
    try (CpuDevice device = device(1)) {
      Rows rows = rows(device, x, 24);
      device.rmsNormHeads(8, device.upload(weight), 1e-6f, 2, rows);
      float[] actual = read(device, rows, 2);
      for (int head = 0; head < 6; head++) {
        double sum = 0;
        for (int i = 0; i < 8; i++) {
          sum += (double) x[head * 8 + i] * x[head * 8 + i];
        }
        double[] expected = new double[8];
        for (int i = 0; i < 8; i++) {
          expected[i] = x[head * 8 + i] / Math.sqrt(sum / 8 + 1e-6) * weight[i];
        }
        Floats.assertClose(row(actual, head, 8), expected, 1e-4, "head %d", head);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rotatesTheFirstValuesOfEachHead(boolean interleaved) {
    int headDim = 12;
    int dimensions = 8;
    float[] x = Floats.random(2 * 2 * headDim, 6);
    float[] angles = new float[2 * dimensions];
    for (int i = 0; i < 8; i++) {
      angles[i / 4 * dimensions + i % 4] = (float) Math.cos(i);
      angles[i / 4 * dimensions + 4 + i % 4] = (float) Math.sin(i);
    }
    double[] expected = new double[x.length];
    for (int row = 0; row < 2; row++) {
      for (int head = 0; head < 2; head++) {
        int from = (row * 2 + head) * headDim;
        for (int i = dimensions; i < headDim; i++) {
          expected[from + i] = x[from + i];
        }
        for (int pair = 0; pair < 4; pair++) {
          int a = from + (interleaved ? 2 * pair : pair);
          int b = interleaved ? a + 1 : a + 4;
          double angle = row * 4 + pair;
          expected[a] = x[a] * Math.cos(angle) - x[b] * Math.sin(angle);
          expected[b] = x[a] * Math.sin(angle) + x[b] * Math.cos(angle);
        }
      }
    }
    try (CpuDevice device = device(1)) {
      Rows rows = rows(device, x, 2 * headDim);
      device.rope(rows(device, angles, dimensions), interleaved, headDim, 2, rows);
      Floats.assertClose(read(device, rows, 2), expected, 1e-4, "interleaved %s", interleaved);
    }
  }

  @Test
  void multipliesAndAdds() {
    float[] a = {1, 2, 3, 4};
    float[] b = {5, 6};
    try (CpuDevice device = device(2);
        Matrix w = device.matrix(List.of(tensor(a, 2, 2), tensor(b, 1, 2)))) {
      Rows x = rows(device, new float[] {1, 10, -1, 1}, 2);
      Rows out = rows(device, new float[6], 3);
      device.matmul(w, x, 2, out);
      assertThat(read(device, out, 2)).containsExactly(21, 43, 65, 1, 1, 1);
      device.matmulAdd(w, x, 2, out);
      assertThat(read(device, out, 2)).containsExactly(42, 86, 130, 2, 2, 2);
    }
  }

  /** Every operation on rows; many rows, so that they go over the pool. */
  private static float[] everyOperation(int threads, int n, int width) {
    try (CpuDevice device = device(threads)) {
      Rows x = rows(device, Floats.random(n * width, 1), width);
      Rows y = rows(device, Floats.random(n * width, 2), width);
      Rows out = rows(device, Floats.random(n * width, 3), width);
      Buffer weight = device.upload(Floats.random(width, 4));
      device.rmsNorm(x, weight, 1e-5f, n, out);
      device.addBias(weight, n, out);
      device.rope(rows(device, Floats.random(n * 16, 5), 16), true, 32, n, out);
      device.rope(rows(device, Floats.random(n * 32, 6), 32), false, 32, n, out);
      device.siluMul(out, y, n, x);
      device.gate(x, y, out, n, out);
      device.silu(n, out);
      device.rmsNormHeads(32, weight, 1e-5f, n, out);
      return read(device, out, n);
    }
  }

  @Test
  void aRowDependsNeitherOnOtherRowsNorOnThreads() {
    int width = 256;
    float[] all = everyOperation(1, 200, width);
    for (int threads = 2; threads <= 4; threads++) {
      Floats.assertSameBits(everyOperation(threads, 200, width), all, "%d threads", threads);
    }
    Floats.assertSameBits(everyOperation(1, 1, width), row(all, 0, width), "one row");
  }

  @ParameterizedTest
  @EnumSource(KvType.class)
  void operationsAllocateNothing(KvType kv) {
    int width = 64;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    // Scalar kernels: vectors are objects until the JIT has compiled their loops.
    try (CpuDevice device = new CpuDevice(2, kv, new KernelSettings(0));
        KvCache cache = device.kvCache(1, 1, 32, 100)) {
      Rows x = rows(device, Floats.random(width, 1), width);
      Rows y = rows(device, Floats.random(width, 2), width);
      Rows angles = rows(device, new float[32], 32);
      Rows key = x.columns(0, 32);
      Buffer weight = device.upload(Floats.random(width, 3));
      TreeBatch batch = new TreeBatch(4);
      int[] nodes = {0};
      EmbeddingTable table =
          device.embedding(RandomTensors.tensor(TensorType.Q8_0, 2, width, new Random(4)));
      Runnable step =
          () -> {
            batch.reset(cache.length());
            batch.add(1, TreeBatch.PREFIX);
            device.embed(table, batch, x);
            device.rmsNorm(x, weight, 1e-5f, 1, y);
            device.addBias(weight, 1, y);
            device.rope(angles, false, 32, 1, y);
            device.append(cache, 0, batch, key, key);
            device.attention(cache, 0, batch, x, 0.2f, y);
            device.siluMul(x, y, 1, y);
            cache.commit(nodes, 1);
            cache.truncate(10);
          };
      float[] fill = Floats.random(10 * 32, 5);
      batch.reset(0);
      TreeBatch prompt = new TreeBatch(10);
      for (int i = 0; i < 10; i++) {
        prompt.add(i, i - 1);
      }
      Rows rows = rows(device, fill, 32);
      device.append(cache, 0, prompt, rows, rows);
      cache.commit(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10);
      for (int i = 0; i < 50; i++) {
        step.run();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100; i++) {
        step.run();
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100);
    }
  }

  @ParameterizedTest
  @EnumSource(value = TensorType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
  void packedBitsAreThoseThatAMatrixTakes(TensorType type) {
    try (CpuDevice device = device(1);
        Matrix matrix =
            device.matrix(List.of(RandomTensors.tensor(type, 64, 512, new Random(3))))) {
      assertThat(new CpuDeviceProvider().packedBits(type))
          .isEqualTo(8.0 * matrix.bytes() / (64 * 512));
    }
  }

  @Test
  void refusesHandlesOfAnotherDevice() {
    Buffer other =
        new Buffer() {
          @Override
          public int length() {
            return 4;
          }

          @Override
          public void close() {}
        };
    try (CpuDevice device = device(1)) {
      Rows foreign = new Rows(other, 0, 4, 4);
      assertThatThrownBy(() -> device.silu(1, foreign))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
