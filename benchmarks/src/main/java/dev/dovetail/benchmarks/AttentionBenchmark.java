package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Attention of one layer: n pending nodes over a prefix. */
public class AttentionBenchmark extends DeviceBenchmark {
  /** How the pending nodes hang together. */
  public enum Shape {
    /** Each from the one before. */
    CHAIN,
    /** Two from each. */
    TREE
  }

  @Param public Model model;

  /** Committed tokens. */
  @Param({"128", "2000", "8000"})
  public int prefix;

  @Param public Shape shape;

  /** How keys and values are kept. */
  @Param public KvType kv;

  /** Pending nodes. */
  @Param({"1", "4", "8", "16"})
  public int n;

  @Param({"panama", "scalar"})
  public String kernels;

  /** 0: as many as the engine takes by itself. */
  @Param("0")
  public int threads;

  float scale;

  /** Of all tokens, pending ones behind the prefix: {@code [tokens][kvWidth]}. */
  float[] keys;

  float[] values;
  CachedLayer layer;
  Rows q;
  private Rows out;
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
  KvType kv() {
    return kv;
  }

  @Override
  void prepare() {
    int kvFloats = (prefix + n) * model.kvWidth();
    scale = (float) (1 / Math.sqrt(model.headDim));
    keys = kept(normal(kvFloats));
    values = kept(normal(kvFloats));
    layer = new CachedLayer(device, model, prefix, n, shape == Shape.TREE);
    layer.commit(keys, values);
    layer.appendPending(keys, values);
    q = randomRows(model.heads * model.headDim);
    out = emptyRows(model.heads * model.headDim);
    long seen = 0;
    for (int node = 0; node < n; node++) {
      seen += layer.batch.position(node) + 1;
    }
    gmac = 2.0 * seen * model.heads * model.headDim / 1e9;
    gigabytes = 2.0 * kv.bytes() * kvFloats / 1e9;
  }

  /** What a cache would round is rounded before. */
  private float[] kept(float[] numbers) {
    if (kv == KvType.F16) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = Float.float16ToFloat(Float.floatToFloat16(numbers[i]));
      }
    }
    return numbers;
  }

  /** Scores, softmax, and the sum of the values. */
  @Benchmark
  public Rows attention(Rates rates) {
    device.attention(layer.cache, 0, layer.batch, q, scale, out);
    rates.add(gmac, gigabytes);
    return out;
  }

  @Override
  void release() {
    layer.close();
  }
}
