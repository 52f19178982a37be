package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Rows of the table of embeddings, widened to f32 by one thread of plain Java: no twins. */
public class EmbedBenchmark extends DeviceBenchmark {
  /** Rows of the table. */
  private static final int TOKENS = 4096;

  /** Every type there is; those from Q2_K to Q6_K, and IQ4_XS, need a width in blocks of 256. */
  @Param({
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
    "Q6_K", "IQ4_NL", "IQ4_XS"
  })
  public TensorType weights;

  /** One by default, whose width suits every type. */
  @Param("QWEN")
  public Model model;

  /** Tokens of the pass. */
  @Param({"1", "16"})
  public int n;

  Tensor tensor;
  TreeBatch batch;
  private Arena arena;
  private EmbeddingTable table;
  private Rows out;
  private double gigabytes;

  @Override
  int tokens() {
    return n;
  }

  @Override
  void prepare() {
    arena = Arena.ofShared();
    tensor = Weights.random(weights, TOKENS, model.width, arena);
    table = device.embedding(tensor);
    out = emptyRows(model.width);
    batch = TreeBatch.chain(IntStream.range(0, n).map(i -> nextInt(TOKENS)).toArray());
    gigabytes = n * (tensor.rowBytes() + (double) Float.BYTES * model.width) / 1e9;
  }

  /** {@code out[i] = table[token i]}. */
  @Benchmark
  public Rows embed(Traffic traffic) {
    device.embed(table, batch, out);
    traffic.add(gigabytes);
    return out;
  }

  @Override
  void release() {
    table.close();
    arena.close();
  }
}
