package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The product of n tokens with one weight matrix: what nearly all time of a pass goes into. GMAC/s
 * at n = 16 are to be judged by the FMA units. GB/s at n = 1 are to be judged by the machine's
 * memory where the matrix fits no cache, as {@link WeightMatrix#HEAD} never does; SmolLM2's others
 * always do.
 */
public class MatmulBenchmark extends DeviceBenchmark {
  /** Every type there is; those from Q2_K to Q6_K, and IQ4_XS, need columns in blocks of 256. */
  @Param({
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS"
  })
  public TensorType weights;

  @Param public Model model;

  /** One by default, which has columns for every type in both models. */
  @Param("DOWN")
  public WeightMatrix matrix;

  /** Tokens of the pass. */
  @Param({"1", "4", "8", "16"})
  public int n;

  @Param({"panama", "scalar"})
  public String kernels;

  /** 0: as many as the engine takes by itself. */
  @Param("0")
  public int threads;

  Rows x;
  private Rows out;
  private Matrix packed;
  private double gmac;
  private double gigabytes;

  @Override
  int tokens() {
    return n;
  }

  @Override
  String kernels() {
    return kernels;
  }

  @Override
  int threads() {
    return threads;
  }

  @Override
  void prepare() {
    int rows = matrix.rows(model);
    int cols = matrix.cols(model);
    try (Arena arena = Arena.ofShared()) {
      Tensor tensor = Weights.random(weights, rows, cols, arena);
      packed = device.matrix(List.of(tensor));
      gigabytes = tensor.data().byteSize() / 1e9;
    }
    gmac = (double) n * rows * cols / 1e9;
    x = randomRows(cols);
    out = emptyRows(rows);
  }

  /** {@code out = x w^T}. */
  @Benchmark
  public Rows matmul(Rates rates) {
    device.matmul(packed, x, n, out);
    rates.add(gmac, gigabytes);
    return out;
  }

  @Override
  void release() {
    packed.close();
  }
}
