package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * A product too small to be worth sharing. What it takes longer with two threads than with one is
 * what handing parts of an operation to threads that already spin for them costs: a pass over 30
 * layers does so some hundred times.
 */
public class SharingBenchmark extends DeviceBenchmark {
  /** Rows, enough for two parts. */
  static final int ROWS = 64;

  static final int COLS = 32;

  @Param({"1", "2"})
  public int threads;

  Rows x;
  private Rows out;
  private Matrix packed;

  @Override
  int tokens() {
    return 1;
  }

  @Override
  int threads() {
    return threads;
  }

  @Override
  void prepare() {
    try (Arena arena = Arena.ofShared()) {
      packed = device.matrix(List.of(Weights.random(TensorType.F32, ROWS, COLS, arena)));
    }
    x = randomRows(COLS);
    out = emptyRows(ROWS);
  }

  /** {@code out = x w^T}. */
  @Benchmark
  public Rows tinyProduct() {
    device.matmul(packed, x, 1, out);
    return out;
  }

  @Override
  void release() {
    packed.close();
  }
}
