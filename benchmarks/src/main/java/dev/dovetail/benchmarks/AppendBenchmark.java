package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Rows;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Keys and values of a pass into the cache of one layer, by one thread of plain Java: no twins. */
public class AppendBenchmark extends DeviceBenchmark {
  /** Committed tokens. */
  private static final int PREFIX = 128;

  @Param public Model model;

  /** Pending nodes. */
  @Param({"1", "4", "8", "16"})
  public int n;

  CachedLayer layer;

  /** Of all tokens, pending ones behind the prefix: {@code [tokens][kvWidth]}. */
  float[] keys;

  float[] values;
  private Rows k;
  private Rows v;
  private double gigabytes;

  @Override
  int tokens() {
    return n;
  }

  @Override
  void prepare() {
    int width = model.kvWidth();
    keys = normal((PREFIX + n) * width);
    values = normal((PREFIX + n) * width);
    layer = new CachedLayer(device, model, PREFIX, n, false);
    layer.commit(keys, values);
    k = emptyRows(width);
    v = emptyRows(width);
    device.write(keys, PREFIX * width, n, k);
    device.write(values, PREFIX * width, n, v);
    gigabytes = 4.0 * Float.BYTES * n * width / 1e9;
  }

  /** Stores the same nodes again and again. */
  @Benchmark
  public KvCache append(Traffic traffic) {
    device.append(layer.cache, 0, layer.batch, k, v);
    traffic.add(gigabytes);
    return layer.cache;
  }

  @Override
  void release() {
    layer.close();
  }
}
