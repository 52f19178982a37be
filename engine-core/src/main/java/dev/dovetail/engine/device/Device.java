package dev.dovetail.engine.device;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * Memory and arithmetic: the small set of operations over which every decoder is written, once, for
 * the CPU and the GPU.
 *
 * <p><b>Bitwise contract.</b> Each output row depends on its own inputs and nothing else: not on
 * how many rows share the call, on the tree's other nodes, or on the number of threads. Each sum
 * runs in one fixed order (see {@code docs/design.md}).
 *
 * <p>Operations read and write the first {@code n} rows of their views; an output overlaps an input
 * only where the operation says {@code inOut}. Shapes are the caller's duty and are asserted. A
 * device runs one pass at a time: a caller holds {@link #lock} around the operations of a pass, so
 * sessions of several threads can share it.
 */
public interface Device extends AutoCloseable {
  /** The device and its kernels in words, such as {@code cpu, panama 512 bits, 2 threads}. */
  String description();

  /** The kernels' name and width, such as {@code panama-512}. */
  String kernels();

  /** Worker threads, the caller's included; 1 for a GPU. */
  int threads();

  /**
   * Whether operations run while the caller goes on, and take nothing that the CPU computes with.
   */
  default boolean runsBeside() {
    return false;
  }

  /** Held around the operations of one pass. */
  java.util.concurrent.locks.ReentrantLock lock();

  /**
   * Measures what the device can do at most, with its threads; takes some tenths of a second, and
   * memory that no cache holds, for as long.
   */
  DeviceLimits measureLimits();

  /**
   * Lets the device make ready, in the background, for weights of some types; nothing depends on it
   * but the time that the first pass takes.
   *
   * @param weights those needed first in front
   */
  void warmUp(Collection<TensorType> weights);

  // Memory. Every handle belongs to the caller, who closes it.

  /**
   * Bytes that handles hold which have not been closed, without what the device keeps for itself;
   * empty where nobody counts.
   */
  default OptionalLong heldBytes() {
    return OptionalLong.empty();
  }

  /** Most bytes that it may hold; empty where nobody limits it. */
  default OptionalLong memoryBudget() {
    return OptionalLong.empty();
  }

  /** {@code floats} zeros. */
  Buffer buffer(int floats);

  /** A copy of constants such as a norm's weights. */
  Buffer upload(float[] values);

  /**
   * Weights with the rows of all parts behind each other, so that one operation gives q, k and v.
   *
   * @param parts matrices {@code [rows][cols]} of one width, of any types; read before this
   *     returns, by any thread
   */
  Matrix matrix(List<Tensor> parts);

  /**
   * The same for a draft, which decides how fast text comes and never which: with more than 64
   * tokens, as in a prompt, its sums may run in another order. The rule of one order holds for all
   * other products.
   */
  default Matrix draftMatrix(List<Tensor> parts) {
    return matrix(parts);
  }

  /**
   * Matrices of one model that are kept between starts.
   *
   * @param folder of this model alone; made where it is missing
   */
  WeightCache weightCache(Path folder);

  /** A table that reads rows from the tensor itself, which must outlive it. */
  EmbeddingTable embedding(Tensor table);

  /**
   * The token of each row of a head, for a {@link DraftTree}.
   *
   * @param ids ascending; copied
   */
  TokenIds tokenIds(int[] ids);

  /** An empty cache. Its memory is taken as it fills. */
  KvCache kvCache(int layers, int kvHeads, int headDim, int capacity);

  /** A tree of up to {@code maxNodes} nodes, to be grown again and again. */
  DraftTree draftTree(int maxNodes);

  // Crossing between the host and the device.

  /** Copies {@code n} rows of {@code destination.width()} numbers from the host. */
  void write(float[] source, int sourceOffset, int n, Rows destination);

  /**
   * Copies {@code n} rows of f16 numbers from the host, widened to f32.
   *
   * @param source their bits, as of {@link Float#floatToFloat16}
   */
  void writeHalf(short[] source, int sourceOffset, int n, Rows destination);

  /** Copies {@code n} rows to the host, packed behind each other. */
  void read(Rows source, int n, float[] destination, int destinationOffset);

  // Operations.

  /** {@code out[i] = table[token]} of the pass's i-th node. */
  void embed(EmbeddingTable table, TreeBatch batch, Rows out);

  /** {@code out[i] = source[i]}. */
  void copy(Rows source, int n, Rows out);

  /**
   * {@code out[i] = source[parent + 1]} of the pass's i-th node: row 0 stands for the prefix, row j
   * + 1 for node j.
   */
  void gatherParents(Rows source, TreeBatch batch, Rows out);

  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight} for each row; {@code out} may be {@code
   * x}.
   */
  void rmsNorm(Rows x, Buffer weight, float epsilon, int n, Rows out);

  /**
   * The same for each head by itself: a row is {@code [heads][headDim]}, {@code weight} is {@code
   * [headDim]}.
   */
  void rmsNormHeads(int headDim, Buffer weight, float epsilon, int n, Rows inOut);

  /** {@code out = x w^T}: {@code [n][w.cols] -> [n][w.rows]}. */
  void matmul(Matrix w, Rows x, int n, Rows out);

  /** {@code inOut += x w^T}. */
  void matmulAdd(Matrix w, Rows x, int n, Rows inOut);

  /** {@code inOut += bias} in each row. */
  void addBias(Buffer bias, int n, Rows inOut);

  /**
   * Rotates the first values of each head (Su et al. 2021).
   *
   * @param angles {@code [n][dimensions]}: the cosines of the dimensions/2 pairs, then their sines
   * @param interleaved whether pair i is (2i, 2i+1), or (i, i + dimensions/2)
   */
  void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut);

  /** Stores keys and values {@code [n][kvHeads * headDim]} of the batch's pass as pending nodes. */
  void append(KvCache cache, int layer, TreeBatch batch, Rows k, Rows v);

  /**
   * Attention of each node of the batch's pass over the committed prefix and its own ancestors,
   * itself included. Query head h reads key head {@code h / (heads / kvHeads)}.
   *
   * @param q {@code [n][heads * headDim]}
   * @param scale multiplies each score, 1/sqrt(headDim) as a rule
   * @param out {@code [n][heads * headDim]}
   */
  void attention(KvCache cache, int layer, TreeBatch batch, Rows q, float scale, Rows out);

  /** {@code out = silu(gate) * up}. */
  void siluMul(Rows gate, Rows up, int n, Rows out);

  /** {@code inOut = silu(inOut)}. */
  void silu(int n, Rows inOut);

  /**
   * The gate of Dynamic Gating Fusion: {@code out = s * h1 + (1 - s) * h2} with {@code s =
   * sigmoid(z)}.
   */
  void gate(Rows z, Rows h1, Rows h2, int n, Rows out);

  /**
   * Operations that are the same each time, with the same handles and shapes, but for what lies in
   * the device's memory. They must not cross, take or give back memory, nor grow a cache. A device
   * may run them, or record them once and queue them as a whole from then on; so whatever else they
   * do on the host, they may not do.
   */
  default Sequence sequence(Runnable operations) {
    return new Sequence() {
      @Override
      public void run() {
        operations.run();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  void close();
}
