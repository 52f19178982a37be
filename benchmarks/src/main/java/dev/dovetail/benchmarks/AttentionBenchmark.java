package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

/** Attention of one layer: a chain of n pending nodes over a prefix. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AttentionBenchmark {
  private static final int PASS = 128;

  /** Query heads, key-value heads, their width: SmolLM2-135M's and Qwen2.5-1.5B's. */
  @Param({"9/3x64", "12/2x128"})
  public String heads;

  /** Committed tokens. */
  @Param({"128", "2000", "8000"})
  public int prefix;

  /** How keys and values are kept. */
  @Param({"F32", "F16"})
  public KvType kv;

  /** Pending nodes. */
  @Param({"1", "8"})
  public int n;

  /** 0: as many as the engine takes by itself. */
  @Param("0")
  public int threads;

  int queryHeads;
  int kvHeads;
  int headDim;
  float scale;

  /** Of all tokens, pending ones behind the prefix: {@code [tokens][kvHeads * headDim]}. */
  float[] keys;

  float[] values;

  Device device;
  Rows q;
  Rows out;
  private KvCache cache;
  private TreeBatch batch;

  /** Fills the cache. */
  @Setup(Level.Trial)
  public void open() {
    Random random = new Random(1);
    String[] words = heads.split("[/x]", -1);
    queryHeads = Integer.parseInt(words[0]);
    kvHeads = Integer.parseInt(words[1]);
    headDim = Integer.parseInt(words[2]);
    scale = (float) (1 / Math.sqrt(headDim));
    int width = kvHeads * headDim;
    keys = Cpu.normal((prefix + n) * width, random);
    values = Cpu.normal((prefix + n) * width, random);
    device = Cpu.open(threads, kv);
    cache = device.kvCache(1, kvHeads, headDim, prefix + n);
    batch = new TreeBatch(Math.max(PASS, n));
    for (int from = 0; from < prefix; from += PASS) {
      int count = Math.min(PASS, prefix - from);
      append(from, count);
      cache.commit(IntStream.range(0, count).toArray(), count);
    }
    append(prefix, n);
    q = Cpu.activations(device, n, queryHeads * headDim, random);
    out = Rows.allocate(device, n, queryHeads * headDim);
  }

  private void append(int from, int count) {
    int width = kvHeads * headDim;
    Rows k = Rows.allocate(device, count, width);
    Rows v = Rows.allocate(device, count, width);
    device.write(keys, from * width, count, k);
    device.write(values, from * width, count, v);
    batch.reset(from);
    for (int i = 0; i < count; i++) {
      batch.add(0, i - 1);
    }
    device.append(cache, 0, batch, k, v);
    k.buffer().close();
    v.buffer().close();
  }

  /** Scores, softmax, and the sum of the values. */
  @Benchmark
  public Rows attention(Rates rates) {
    device.attention(cache, 0, batch, q, scale, out);
    long seen = (long) n * prefix + n * (n + 1L) / 2;
    rates.add(2 * seen * queryHeads * headDim, 2L * kv.bytes() * (prefix + n) * kvHeads * headDim);
    return out;
  }

  /** Gives the memory back and ends the threads. */
  @TearDown(Level.Trial)
  public void close() {
    cache.close();
    q.buffer().close();
    out.buffer().close();
    device.close();
  }
}
