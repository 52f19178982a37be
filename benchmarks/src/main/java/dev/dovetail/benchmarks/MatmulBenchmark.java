package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyWeights;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The product of n tokens with one weight matrix: what nearly all time of a pass goes into. The
 * largest matrix does not fit a cache, so with n = 1 its GB/s is to be judged by the machine's
 * memory bandwidth, and with n = 16 its GMAC/s by the FMA units; the small ones show what sharing
 * rows out among threads costs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MatmulBenchmark {
  /** Type, rows, columns. The K types come in blocks of 256 columns, so 576 is not for them. */
  @Param({
    "Q4_1 1536x576",
    "Q8_0 1536x576",
    "F16 1536x576",
    "F32 1536x576",
    "Q4_1 576x1536",
    "Q4_K 576x1536",
    "Q6_K 576x1536",
    "Q8_0 576x1536",
    "F16 576x1536",
    "F32 576x1536",
    "Q4_1 8960x1536",
    "Q4_K 8960x1536",
    "Q6_K 8960x1536",
    "Q8_0 8960x1536",
    "F16 8960x1536",
    "F32 8960x1536"
  })
  public String weights;

  /** Tokens of the pass. */
  @Param({"1", "4", "8", "16"})
  public int n;

  /** 0: as many as the engine takes by itself. */
  @Param("0")
  public int threads;

  Tensor tensor;
  Device device;
  Rows x;
  Rows out;
  private Matrix matrix;

  /** Packs random weights. */
  @Setup(Level.Trial)
  public void open() {
    Random random = new Random(1);
    String[] words = weights.split("[ x]", -1);
    TensorType type = TensorType.valueOf(words[0]);
    int rows = Integer.parseInt(words[1]);
    int cols = Integer.parseInt(words[2]);
    byte[] data = TinyWeights.random(type, rows * cols, 1 / Math.sqrt(cols), random);
    tensor =
        new Tensor(weights, type, List.of((long) rows, (long) cols), MemorySegment.ofArray(data));
    device = Cpu.open(threads);
    matrix = device.matrix(List.of(tensor));
    x = Cpu.activations(device, n, cols, random);
    out = Rows.allocate(device, n, rows);
  }

  /** {@code out = x w^T}. */
  @Benchmark
  public Rows matmul(Rates rates) {
    device.matmul(matrix, x, n, out);
    rates.add((long) n * matrix.rows() * matrix.cols(), matrix.bytes());
    return out;
  }

  /** Gives the memory back and ends the threads. */
  @TearDown(Level.Trial)
  public void close() {
    matrix.close();
    x.buffer().close();
    out.buffer().close();
    device.close();
  }
}
