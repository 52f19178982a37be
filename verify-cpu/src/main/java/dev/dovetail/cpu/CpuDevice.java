package dev.dovetail.cpu;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.HostDraftTree;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TokenIds;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/** The CPU: activations on the Java heap, a pool of threads, kernels with a scalar twin each. */
final class CpuDevice implements Device {
  private final KernelSettings settings;
  private final KvType kvType;
  private final WorkerPool pool;
  private final Matmul matmul;
  private final RowOperations rowOperations;
  private final Attention attention;
  private final ReentrantLock lock = new ReentrantLock();

  /** Starts {@code threads - 1} threads, which {@link #close} ends. */
  CpuDevice(int threads, KvType kvType, KernelSettings settings) {
    this.settings = settings;
    this.kvType = kvType;
    pool = new WorkerPool(threads);
    matmul = new Matmul(pool, settings.matmul());
    rowOperations = new RowOperations(pool, settings.elements());
    attention = new Attention(pool, settings.attention());
  }

  @Override
  public String description() {
    String kernels =
        settings.panama() ? "panama %d bits".formatted(settings.vectorBits()) : "scalar";
    return "cpu, %s, %d thread%s".formatted(kernels, threads(), threads() == 1 ? "" : "s");
  }

  @Override
  public String kernels() {
    return settings.name();
  }

  @Override
  public int threads() {
    return pool.threads();
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  @Override
  public DeviceLimits measureLimits() {
    lock.lock();
    try {
      return new CpuLimits(pool, settings.limits()).measure();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void warmUp(Collection<TensorType> weights) {
    if (settings.panama()) {
      new KernelWarmUp(settings).start(weights.stream().map(PanelFormat::of).distinct().toList());
    }
  }

  @Override
  public Buffer buffer(int floats) {
    return new CpuBuffer(new float[floats]);
  }

  @Override
  public Buffer upload(float[] values) {
    return new CpuBuffer(values.clone());
  }

  /** Packing takes the pool, so it waits for a pass that holds the lock. */
  @Override
  public Matrix matrix(List<Tensor> parts) {
    return pack(parts, PanelSource.NONE);
  }

  private PanelMatrix pack(List<Tensor> parts, PanelSource source) {
    lock.lock();
    try {
      return PanelMatrix.pack(parts, source, pool);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public WeightCache weightCache(Path folder) {
    return new PanelCache(folder, this::pack);
  }

  @Override
  public EmbeddingTable embedding(Tensor table) {
    return new CpuEmbeddingTable(table);
  }

  @Override
  public TokenIds tokenIds(int[] ids) {
    return new CpuTokenIds(ids.clone());
  }

  @Override
  public KvCache kvCache(int layers, int kvHeads, int headDim, int capacity) {
    return new CpuKvCache(layers, kvHeads, headDim, capacity, kvType);
  }

  @Override
  public DraftTree draftTree(int maxNodes) {
    return new HostDraftTree(maxNodes, CpuBuffer::of);
  }

  @Override
  public void write(float[] source, int sourceOffset, int n, Rows destination) {
    int width = destination.width();
    float[] values = CpuBuffer.of(destination);
    for (int i = 0; i < n; i++) {
      System.arraycopy(source, sourceOffset + i * width, values, at(destination, i), width);
    }
  }

  @Override
  public void writeHalf(short[] source, int sourceOffset, int n, Rows destination) {
    int width = destination.width();
    float[] values = CpuBuffer.of(destination);
    for (int i = 0; i < n; i++) {
      int from = sourceOffset + i * width;
      int to = at(destination, i);
      for (int j = 0; j < width; j++) {
        values[to + j] = Float.float16ToFloat(source[from + j]);
      }
    }
  }

  @Override
  public void read(Rows source, int n, float[] destination, int destinationOffset) {
    int width = source.width();
    float[] values = CpuBuffer.of(source);
    for (int i = 0; i < n; i++) {
      System.arraycopy(values, at(source, i), destination, destinationOffset + i * width, width);
    }
  }

  @Override
  public void embed(EmbeddingTable table, TreeBatch batch, Rows out) {
    CpuEmbeddingTable embeddings = own(CpuEmbeddingTable.class, table);
    assert table.width() == out.width();
    float[] values = CpuBuffer.of(out);
    for (int i = 0; i < batch.size(); i++) {
      int token = Objects.checkIndex(batch.token(batch.first() + i), embeddings.tokens());
      embeddings.read(token, values, at(out, i));
    }
  }

  @Override
  public void copy(Rows source, int n, Rows out) {
    for (int i = 0; i < n; i++) {
      copyRow(source, i, out, i);
    }
  }

  @Override
  public void gatherParents(Rows source, TreeBatch batch, Rows out) {
    for (int i = 0; i < batch.size(); i++) {
      copyRow(source, batch.parent(batch.first() + i) + 1, out, i);
    }
  }

  private static void copyRow(Rows source, int from, Rows out, int to) {
    assert source.width() == out.width();
    System.arraycopy(
        CpuBuffer.of(source), at(source, from), CpuBuffer.of(out), at(out, to), out.width());
  }

  @Override
  public void rmsNorm(Rows x, Buffer weight, float epsilon, int n, Rows out) {
    rowOperations.rmsNorm(x, x.width(), weight, epsilon, n, out);
  }

  @Override
  public void rmsNormHeads(int headDim, Buffer weight, float epsilon, int n, Rows inOut) {
    rowOperations.rmsNorm(inOut, headDim, weight, epsilon, n, inOut);
  }

  @Override
  public void matmul(Matrix w, Rows x, int n, Rows out) {
    multiply(w, x, n, out, false);
  }

  @Override
  public void matmulAdd(Matrix w, Rows x, int n, Rows inOut) {
    multiply(w, x, n, inOut, true);
  }

  private void multiply(Matrix w, Rows x, int n, Rows out, boolean add) {
    assert w.cols() == x.width() && w.rows() == out.width();
    matmul.multiply(
        own(PanelMatrix.class, w),
        CpuBuffer.of(x),
        x.offset(),
        x.stride(),
        n,
        CpuBuffer.of(out),
        out.offset(),
        out.stride(),
        add);
  }

  @Override
  public void addBias(Buffer bias, int n, Rows inOut) {
    rowOperations.addBias(bias, n, inOut);
  }

  @Override
  public void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut) {
    rowOperations.rope(angles, interleaved, headDim, n, inOut);
  }

  @Override
  public void append(KvCache cache, int layer, TreeBatch batch, Rows k, Rows v) {
    own(CpuKvCache.class, cache).append(layer, batch, k, v);
  }

  @Override
  public void attention(KvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out) {
    attention.run(own(CpuKvCache.class, cache), layer, batch, q, scale, out);
  }

  @Override
  public void siluMul(Rows gate, Rows up, int n, Rows out) {
    rowOperations.siluMul(gate, up, n, out);
  }

  @Override
  public void silu(int n, Rows inOut) {
    rowOperations.silu(n, inOut);
  }

  @Override
  public void gate(Rows z, Rows h1, Rows h2, int n, Rows out) {
    rowOperations.gate(z, h1, h2, n, out);
  }

  @Override
  public void close() {
    pool.close();
  }

  private record CpuTokenIds(int[] ids) implements TokenIds {
    @Override
    public void close() {}
  }

  private static int at(Rows rows, int row) {
    return rows.offset() + row * rows.stride();
  }

  private static <T> T own(Class<T> type, Object handle) {
    if (type.isInstance(handle)) {
      return type.cast(handle);
    }
    throw new IllegalArgumentException(
        "a CPU device cannot use a " + handle.getClass().getSimpleName());
  }
}
