package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.Sequence;
import dev.dovetail.engine.device.TokenIds;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.gpu.driver.GpuDriver;
import dev.dovetail.gpu.driver.GpuDriver.Stream;
import dev.dovetail.gpu.driver.GpuException;
import dev.dovetail.gpu.kernel.AddBiasKernel;
import dev.dovetail.gpu.kernel.AttentionKernel;
import dev.dovetail.gpu.kernel.EmbedKernel;
import dev.dovetail.gpu.kernel.FloatRows;
import dev.dovetail.gpu.kernel.GateKernel;
import dev.dovetail.gpu.kernel.GatherKernel;
import dev.dovetail.gpu.kernel.KvAppendKernel;
import dev.dovetail.gpu.kernel.KvCommitKernel;
import dev.dovetail.gpu.kernel.MatmulKernel;
import dev.dovetail.gpu.kernel.RankKernel;
import dev.dovetail.gpu.kernel.RmsNormKernel;
import dev.dovetail.gpu.kernel.RopeKernel;
import dev.dovetail.gpu.kernel.SiluKernel;
import dev.dovetail.gpu.kernel.TreeKernel;
import dev.dovetail.gpu.kernel.TreeNodes;
import dev.dovetail.gpu.kernel.WidenKernel;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The operations of a decoder on a GPU. Each is queued and returns at once; only reading waits.
 * Weights keep the values of their file, and its size where their type has kernels (Q4_0, Q4_1,
 * Q8_0, Q4_K, Q6_K, F16, F32); others widen to f32.
 *
 * <p>Its memory stays within a budget. Any operation throws a {@link GpuException} if the GPU has
 * failed, in this operation or an earlier one.
 */
public final class CudaDevice implements Device {
  private final GpuDriver driver;
  private final KvType kvType;
  private final DeviceMemory memory;
  private final Staging staging;
  private final BatchNodes batchNodes;
  private final ReentrantLock lock = new ReentrantLock();

  /** The tree that began last: what a sequence queues is for it. */
  private GpuDraftTree growing;

  /** What the next kernel reads beside rows. */
  private final GrowingMemory operands;

  private final WidenKernel widen;
  private final EmbedKernel embed;
  private final GatherKernel gather;
  private final RmsNormKernel rmsNorm;
  private final Gemm gemm;
  private final Map<String, MatmulKernel> matmul = new HashMap<>();
  private final AddBiasKernel addBias;
  private final RopeKernel rope;
  private final KvAppendKernel append;
  private final KvCommitKernel commit;
  private final AttentionKernel attention;
  private final SiluKernel silu;
  private final GateKernel gate;
  private final RankKernel rank;
  private final TreeKernel tree;

  /**
   * Takes a GPU, which {@link #close} closes.
   *
   * @param kvType how its caches keep keys and values
   * @param budget most bytes of its memory to use
   */
  public CudaDevice(GpuDriver driver, KvType kvType, long budget) {
    this.driver = driver;
    this.kvType = kvType;
    memory = new DeviceMemory(driver, lock, budget);
    staging = new Staging(driver);
    batchNodes = new BatchNodes(memory, staging);
    operands = new GrowingMemory(memory);
    widen = new WidenKernel(driver);
    embed = new EmbedKernel(driver);
    gemm = new Gemm(driver, memory, staging, embed);
    gather = new GatherKernel(driver);
    rmsNorm = new RmsNormKernel(driver);
    addBias = new AddBiasKernel(driver);
    rope = new RopeKernel(driver);
    append = new KvAppendKernel(driver);
    commit = new KvCommitKernel(driver);
    attention = new AttentionKernel(driver);
    silu = new SiluKernel(driver);
    gate = new GateKernel(driver);
    rank = new RankKernel(driver);
    tree = new TreeKernel(driver);
  }

  /** Bits that a weight of a type takes in the GPU's memory, its share of the scales included. */
  public static double bitsPerWeight(TensorType type) {
    WeightPlanes layout = WeightPlanes.of(type);
    int bytes = layout.planeBytes().stream().mapToInt(Integer::intValue).sum();
    return 8.0 * bytes / layout.blockSize();
  }

  DeviceMemory memory() {
    return memory;
  }

  Staging staging() {
    return staging;
  }

  /** Bytes of the GPU's memory in use by this device. */
  public long usedBytes() {
    return memory.used();
  }

  @Override
  public OptionalLong heldBytes() {
    return OptionalLong.of(
        locked(() -> {
          return memory.used() - operands.bytes() - batchNodes.bytes() - gemm.bytes();
        }));
  }

  @Override
  public OptionalLong memoryBudget() {
    return OptionalLong.of(memory.budget());
  }

  @Override
  public String description() {
    return "cuda, " + driver.name();
  }

  @Override
  public String kernels() {
    return "cuda";
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public boolean runsBeside() {
    return true;
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  @Override
  public DeviceLimits measureLimits() {
    return locked(() -> new GpuLimits(driver, memory, staging).measure());
  }

  /** Does nothing: kernels are loaded when they are first used. */
  @Override
  public void warmUp(Collection<TensorType> weights) {}

  @Override
  public Buffer buffer(int floats) {
    return new GpuBuffer(
        filled(
            Math.max(1, floats) * (long) Float.BYTES,
            block -> driver.zero(block.address(), block.bytes(), Stream.COMPUTE)),
        floats);
  }

  @Override
  public Buffer upload(float[] values) {
    return new GpuBuffer(
        filled(
            values.length * (long) Float.BYTES,
            block -> staging.send(values, 0, values.length, block.address())),
        values.length);
  }

  /** New memory with something in it, or none if that fails. */
  private DeviceMemory.Block filled(long bytes, Consumer<DeviceMemory.Block> fill) {
    return locked(() -> {
      DeviceMemory.Block block = memory.allocate(bytes);
      try {
        fill.accept(block);
        return block;
      } catch (RuntimeException | Error e) {
        try (block) {
          throw e;
        }
      }
    });
  }

  @Override
  public Matrix matrix(List<Tensor> parts) {
    return locked(() -> GpuMatrix.send(parts, false, memory, staging));
  }

  @Override
  public Matrix draftMatrix(List<Tensor> parts) {
    return locked(() -> GpuMatrix.send(parts, gemm.available(), memory, staging));
  }

  /** Memory is asked for by threads that run no pass. */
  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  /** Keeps nothing: weights are laid out at each start. */
  @Override
  public WeightCache weightCache(Path folder) {
    return new WeightCache() {
      @Override
      public Matrix matrix(List<Tensor> parts) {
        return CudaDevice.this.matrix(parts);
      }

      @Override
      public void complete() {}

      @Override
      public void close() {}
    };
  }

  @Override
  public EmbeddingTable embedding(Tensor table) {
    return locked(() -> new GpuEmbeddingTable(GpuWeights.send(table, memory, staging)));
  }

  @Override
  public TokenIds tokenIds(int[] ids) {
    return new GpuTokenIds(
        filled(
            ids.length * (long) Integer.BYTES,
            block -> staging.send(ids, ids.length, block.address())),
        ids.clone());
  }

  @Override
  public KvCache kvCache(int layers, int kvHeads, int headDim, int capacity) {
    return new GpuKvCache(this, commit, layers, kvHeads, headDim, capacity, kvType);
  }

  @Override
  public void write(float[] source, int sourceOffset, int n, Rows destination) {
    FloatRows to = GpuBuffer.view(destination);
    if (to.stride() == to.width()) {
      staging.send(source, sourceOffset, n * to.width(), to.address());
      return;
    }
    for (int i = 0; i < n; i++) {
      long row = to.address() + (long) i * to.stride() * Float.BYTES;
      staging.send(source, sourceOffset + i * to.width(), to.width(), row);
    }
  }

  @Override
  public void writeHalf(short[] source, int sourceOffset, int n, Rows destination) {
    FloatRows to = GpuBuffer.view(destination);
    int count = n * to.width();
    long address = operands.reserve((long) count * Short.BYTES);
    staging.send(source, sourceOffset, count, address);
    widen.launch(address, n, to);
  }

  @Override
  public void read(Rows source, int n, float[] destination, int destinationOffset) {
    FloatRows from = GpuBuffer.view(source);
    if (from.stride() == from.width()) {
      staging.receive(from.address(), destination, destinationOffset, n * from.width());
      return;
    }
    for (int i = 0; i < n; i++) {
      long row = from.address() + (long) i * from.stride() * Float.BYTES;
      staging.receive(row, destination, destinationOffset + i * from.width(), from.width());
    }
  }

  /** Sends integers for the next kernel; the address holds until the next call. */
  long send(int[] values, int count) {
    long address = operands.reserve((long) count * Integer.BYTES);
    staging.send(values, count, address);
    return address;
  }

  @Override
  public void embed(EmbeddingTable table, TreeBatch batch, Rows out) {
    GpuEmbeddingTable rows = (GpuEmbeddingTable) table;
    if (batch.grown() instanceof GpuDraftTree grown) {
      Objects.checkIndex(grown.vocabulary() - 1, rows.tokens());
    } else {
      for (int node = batch.first(); node < batch.end(); node++) {
        Objects.checkIndex(batch.token(node), rows.tokens());
      }
    }
    embed.launch(rows.weights().planes(), nodes(batch).tokens(), batch.size(), GpuBuffer.view(out));
  }

  /** The nodes of a batch's pass, where kernels find them. */
  private TreeNodes nodes(TreeBatch batch) {
    return batch.grown() instanceof GpuDraftTree grown ? grown.of(batch) : batchNodes.of(batch);
  }

  @Override
  public void copy(Rows source, int n, Rows out) {
    gather.launch(GpuBuffer.view(source), 0, 0, n, GpuBuffer.view(out));
  }

  @Override
  public void gatherParents(Rows source, TreeBatch batch, Rows out) {
    gather.launch(
        GpuBuffer.view(source), nodes(batch).parents(), 1, batch.size(), GpuBuffer.view(out));
  }

  @Override
  public void rmsNorm(Rows x, Buffer weight, float epsilon, int n, Rows out) {
    FloatRows from = GpuBuffer.view(x);
    rmsNorm.launch(from, GpuBuffer.address(weight), x.width(), epsilon, n, GpuBuffer.view(out));
  }

  @Override
  public void rmsNormHeads(int headDim, Buffer weight, float epsilon, int n, Rows inOut) {
    FloatRows rows = GpuBuffer.view(inOut);
    rmsNorm.launch(rows, GpuBuffer.address(weight), headDim, epsilon, n, rows);
  }

  @Override
  public void matmul(Matrix w, Rows x, int n, Rows out) {
    multiply(w, x, n, false, out);
  }

  @Override
  public void matmulAdd(Matrix w, Rows x, int n, Rows inOut) {
    multiply(w, x, n, true, inOut);
  }

  private void multiply(Matrix w, Rows x, int n, boolean add, Rows out) {
    FloatRows from = GpuBuffer.view(x);
    FloatRows to = GpuBuffer.view(out);
    long address = to.address();
    GpuMatrix matrix = (GpuMatrix) w;
    for (GpuWeights part : matrix.parts()) {
      FloatRows columns = new FloatRows(address, part.rows(), to.stride());
      if (!matrix.anyOrder() || !gemm.multiply(part, from, n, add, columns)) {
        matmul
            .computeIfAbsent(part.planes().type(), type -> new MatmulKernel(driver, type))
            .launch(part.planes(), part.rows(), from, n, add, columns);
      }
      address += (long) part.rows() * Float.BYTES;
    }
  }

  @Override
  public void addBias(Buffer bias, int n, Rows inOut) {
    addBias.launch(GpuBuffer.address(bias), n, GpuBuffer.view(inOut));
  }

  @Override
  public void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut) {
    rope.launch(GpuBuffer.view(angles), interleaved, headDim, n, GpuBuffer.view(inOut));
  }

  @Override
  public void append(KvCache cache, int layer, TreeBatch batch, Rows k, Rows v) {
    GpuKvCache kv = (GpuKvCache) cache;
    kv.reserve(batch.end());
    append.launch(
        kv.kv(),
        layer,
        nodes(batch).prefix(),
        batch.first(),
        batch.size(),
        GpuBuffer.view(k),
        GpuBuffer.view(v));
  }

  @Override
  public void attention(KvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out) {
    GpuKvCache kv = (GpuKvCache) cache;
    attention.launch(
        kv.kv(),
        layer,
        nodes(batch),
        kv.headDim(),
        GpuBuffer.view(q),
        scale,
        batch.size(),
        GpuBuffer.view(out));
  }

  @Override
  public void siluMul(Rows gate, Rows up, int n, Rows out) {
    silu.launchMul(GpuBuffer.view(gate), GpuBuffer.view(up), n, GpuBuffer.view(out));
  }

  @Override
  public void silu(int n, Rows inOut) {
    silu.launch(n, GpuBuffer.view(inOut));
  }

  @Override
  public void gate(Rows z, Rows h1, Rows h2, int n, Rows out) {
    gate.launch(GpuBuffer.view(z), GpuBuffer.view(h1), GpuBuffer.view(h2), n, GpuBuffer.view(out));
  }

  @Override
  public DraftTree draftTree(int maxNodes) {
    return locked(() ->
        new GpuDraftTree(driver, memory, staging, rank, tree, maxNodes, begun -> growing = begun));
  }

  @Override
  public Sequence sequence(Runnable operations) {
    return new GpuSequence(
        driver,
        memory,
        staging,
        operations,
        () -> {
          if (growing != null) {
            growing.end();
          }
        });
  }

  @Override
  public void close() {
    batchNodes.close();
    gemm.close();
    operands.close();
    staging.close();
    driver.close();
  }
}
