package dev.dovetail.engine.testing;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TokenIds;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** A device that has room for so many handles and computes nothing; it knows which are open. */
public final class SmallDevice implements Device {
  private final ReentrantLock lock = new ReentrantLock();
  private final int room;
  private final Set<Object> open = new HashSet<>();
  private int taken;
  private int closed;

  public SmallDevice(int room) {
    this.room = room;
  }

  /** Handles taken so far, closed ones included. */
  public int taken() {
    return taken;
  }

  /** Handles not closed yet. */
  public int open() {
    return open.size();
  }

  /** How often the device itself was closed. */
  public int closed() {
    return closed;
  }

  private <T> T take(T handle) {
    if (taken == room) {
      throw new IllegalStateException("the device has room for " + room + " handles");
    }
    taken++;
    open.add(handle);
    return handle;
  }

  private void close(Object handle) {
    if (!open.remove(handle)) {
      throw new IllegalStateException("closed twice: " + handle);
    }
  }

  @Override
  public DeviceLimits measureLimits() {
    return new DeviceLimits(2, 4, 1);
  }

  @Override
  public void warmUp(Collection<TensorType> weights) {}

  @Override
  public WeightCache weightCache(Path folder) {
    throw new UnsupportedOperationException("keeps no weights");
  }

  @Override
  public Buffer buffer(int floats) {
    return take(
        new Buffer() {
          @Override
          public int length() {
            return floats;
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public Buffer upload(float[] values) {
    return buffer(values.length);
  }

  @Override
  public Matrix matrix(List<Tensor> parts) {
    return take(
        new Matrix() {
          @Override
          public int rows() {
            return parts.stream().mapToInt(Tensor::rows).sum();
          }

          @Override
          public int cols() {
            return parts.getFirst().cols();
          }

          @Override
          public long bytes() {
            return parts.stream().mapToLong(part -> part.data().byteSize()).sum();
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public EmbeddingTable embedding(Tensor table) {
    return take(
        new EmbeddingTable() {
          @Override
          public int tokens() {
            return table.rows();
          }

          @Override
          public int width() {
            return table.cols();
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public TokenIds tokenIds(int[] ids) {
    return take(
        new TokenIds() {
          @Override
          public int[] ids() {
            return ids;
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public KvCache kvCache(int layers, int kvHeads, int headDim, int capacity) {
    return take(
        new KvCache() {
          @Override
          public int capacity() {
            return capacity;
          }

          @Override
          public int length() {
            return 0;
          }

          @Override
          public void reserve(int nodes) {}

          @Override
          public void commit(int[] nodes, int count) {
            throw noArithmetic();
          }

          @Override
          public void truncate(int length) {}

          @Override
          public long bytes() {
            return 0;
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public String description() {
    return "small";
  }

  @Override
  public String kernels() {
    return "none";
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  @Override
  public void embed(EmbeddingTable table, TreeBatch batch, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void copy(Rows source, int n, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void gatherParents(Rows source, TreeBatch batch, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void rmsNorm(Rows x, Buffer weight, float epsilon, int n, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void rmsNormHeads(int headDim, Buffer weight, float epsilon, int n, Rows inOut) {
    throw noArithmetic();
  }

  @Override
  public void matmul(Matrix w, Rows x, int n, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void matmulAdd(Matrix w, Rows x, int n, Rows inOut) {
    throw noArithmetic();
  }

  @Override
  public void addBias(Buffer bias, int n, Rows inOut) {
    throw noArithmetic();
  }

  @Override
  public void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut) {
    throw noArithmetic();
  }

  @Override
  public void append(KvCache cache, int layer, TreeBatch batch, Rows k, Rows v) {
    throw noArithmetic();
  }

  @Override
  public void attention(KvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void siluMul(Rows gate, Rows up, int n, Rows out) {
    throw noArithmetic();
  }

  @Override
  public void silu(int n, Rows inOut) {
    throw noArithmetic();
  }

  @Override
  public void gate(Rows z, Rows h1, Rows h2, int n, Rows out) {
    throw noArithmetic();
  }

  @Override
  public DraftTree draftTree(int maxNodes) {
    return take(
        new DraftTree() {
          @Override
          public void begin(TreeGrowth growth, int prefix) {
            throw noArithmetic();
          }

          @Override
          public void grow(Rows logits) {
            throw noArithmetic();
          }

          @Override
          public boolean addLevel(TreeBatch batch) {
            throw noArithmetic();
          }

          @Override
          public DraftNodes read() {
            throw noArithmetic();
          }

          @Override
          public void close() {
            SmallDevice.this.close(this);
          }
        });
  }

  @Override
  public void write(float[] source, int sourceOffset, int n, Rows destination) {
    throw noArithmetic();
  }

  @Override
  public void writeHalf(short[] source, int sourceOffset, int n, Rows destination) {
    throw noArithmetic();
  }

  @Override
  public void read(Rows source, int n, float[] destination, int destinationOffset) {
    throw noArithmetic();
  }

  @Override
  public void close() {
    closed++;
  }

  private static UnsupportedOperationException noArithmetic() {
    return new UnsupportedOperationException("this device only holds memory");
  }
}
