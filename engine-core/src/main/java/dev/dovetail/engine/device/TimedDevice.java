package dev.dovetail.engine.device;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/** Does what another device does, and adds up how long each operation took. */
final class TimedDevice implements Device {
  private record Weights(String name, long bytes) {}

  private final Device device;
  private final OperationTimes times;
  private final Map<Matrix, Weights> weights = new HashMap<>();

  TimedDevice(Device device, OperationTimes times) {
    this.device = device;
    this.times = times;
  }

  private void timed(String name, Runnable operation) {
    timed(name, 0, operation);
  }

  private void timed(String name, long bytes, Runnable operation) {
    long start = System.nanoTime();
    operation.run();
    times.add(name, System.nanoTime() - start, bytes);
  }

  private void timed(Matrix w, Runnable operation) {
    Weights known = weights.get(w);
    timed(known.name(), known.bytes(), operation);
  }

  /** {@code blk.3.attn_q.weight} is the same as {@code blk.4.attn_q.weight}. */
  private static String name(Tensor tensor) {
    return tensor.name().replaceFirst("^blk\\.\\d+\\.", "").replaceFirst("\\.weight$", "");
  }

  @Override
  public Matrix matrix(List<Tensor> parts) {
    return named(parts, device.matrix(parts));
  }

  @Override
  public Matrix draftMatrix(List<Tensor> parts) {
    return named(parts, device.draftMatrix(parts));
  }

  @Override
  public WeightCache weightCache(Path folder) {
    WeightCache cache = device.weightCache(folder);
    return new WeightCache() {
      @Override
      public Matrix matrix(List<Tensor> parts) {
        return named(parts, cache.matrix(parts));
      }

      @Override
      public void complete() {
        cache.complete();
      }

      @Override
      public void close() {
        cache.close();
      }
    };
  }

  private Matrix named(List<Tensor> parts, Matrix matrix) {
    String name = parts.stream().map(TimedDevice::name).collect(Collectors.joining(" + "));
    long bytes = parts.stream().mapToLong(part -> part.data().byteSize()).sum();
    weights.put(matrix, new Weights(name, bytes));
    return matrix;
  }

  @Override
  public void warmUp(Collection<TensorType> weights) {
    device.warmUp(weights);
  }

  @Override
  public String description() {
    return device.description();
  }

  @Override
  public String kernels() {
    return device.kernels();
  }

  @Override
  public int threads() {
    return device.threads();
  }

  @Override
  public boolean runsBeside() {
    return device.runsBeside();
  }

  @Override
  public ReentrantLock lock() {
    return device.lock();
  }

  @Override
  public DeviceLimits measureLimits() {
    return device.measureLimits();
  }

  @Override
  public OptionalLong heldBytes() {
    return device.heldBytes();
  }

  @Override
  public OptionalLong memoryBudget() {
    return device.memoryBudget();
  }

  @Override
  public Buffer buffer(int floats) {
    return device.buffer(floats);
  }

  @Override
  public Buffer upload(float[] values) {
    return device.upload(values);
  }

  @Override
  public EmbeddingTable embedding(Tensor table) {
    return device.embedding(table);
  }

  @Override
  public TokenIds tokenIds(int[] ids) {
    return device.tokenIds(ids);
  }

  @Override
  public KvCache kvCache(int layers, int kvHeads, int headDim, int capacity) {
    return device.kvCache(layers, kvHeads, headDim, capacity);
  }

  @Override
  public void write(float[] source, int sourceOffset, int n, Rows destination) {
    timed("write", () -> device.write(source, sourceOffset, n, destination));
  }

  @Override
  public void writeHalf(short[] source, int sourceOffset, int n, Rows destination) {
    timed("write", () -> device.writeHalf(source, sourceOffset, n, destination));
  }

  @Override
  public void read(Rows source, int n, float[] destination, int destinationOffset) {
    timed("read", () -> device.read(source, n, destination, destinationOffset));
  }

  @Override
  public void embed(EmbeddingTable table, TreeBatch batch, Rows out) {
    timed("embed", () -> device.embed(table, batch, out));
  }

  @Override
  public void copy(Rows source, int n, Rows out) {
    timed("copy", () -> device.copy(source, n, out));
  }

  @Override
  public void gatherParents(Rows source, TreeBatch batch, Rows out) {
    timed("gather", () -> device.gatherParents(source, batch, out));
  }

  @Override
  public void rmsNorm(Rows x, Buffer weight, float epsilon, int n, Rows out) {
    timed("rms norm", () -> device.rmsNorm(x, weight, epsilon, n, out));
  }

  @Override
  public void rmsNormHeads(int headDim, Buffer weight, float epsilon, int n, Rows inOut) {
    timed("rms norm of heads", () -> device.rmsNormHeads(headDim, weight, epsilon, n, inOut));
  }

  @Override
  public void matmul(Matrix w, Rows x, int n, Rows out) {
    timed(w, () -> device.matmul(w, x, n, out));
  }

  @Override
  public void matmulAdd(Matrix w, Rows x, int n, Rows inOut) {
    timed(w, () -> device.matmulAdd(w, x, n, inOut));
  }

  @Override
  public void addBias(Buffer bias, int n, Rows inOut) {
    timed("bias", () -> device.addBias(bias, n, inOut));
  }

  @Override
  public void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut) {
    timed("rope", () -> device.rope(angles, interleaved, headDim, n, inOut));
  }

  @Override
  public void append(KvCache cache, int layer, TreeBatch batch, Rows k, Rows v) {
    timed("append to the KV cache", () -> device.append(cache, layer, batch, k, v));
  }

  @Override
  public void attention(KvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out) {
    timed("attention", () -> device.attention(cache, layer, batch, q, scale, out));
  }

  @Override
  public void siluMul(Rows gate, Rows up, int n, Rows out) {
    timed("silu", () -> device.siluMul(gate, up, n, out));
  }

  @Override
  public void silu(int n, Rows inOut) {
    timed("silu", () -> device.silu(n, inOut));
  }

  @Override
  public void gate(Rows z, Rows h1, Rows h2, int n, Rows out) {
    timed("gate", () -> device.gate(z, h1, h2, n, out));
  }

  @Override
  public DraftTree draftTree(int maxNodes) {
    DraftTree tree = device.draftTree(maxNodes);
    return new DraftTree() {
      @Override
      public void begin(TreeGrowth growth, int prefix) {
        tree.begin(growth, prefix);
      }

      @Override
      public void grow(Rows logits) {
        timed("rank", () -> tree.grow(logits));
      }

      @Override
      public boolean addLevel(TreeBatch batch) {
        return tree.addLevel(batch);
      }

      @Override
      public DraftNodes read() {
        return tree.read();
      }

      @Override
      public void close() {
        tree.close();
      }
    };
  }

  @Override
  public void close() {
    device.close();
  }
}
