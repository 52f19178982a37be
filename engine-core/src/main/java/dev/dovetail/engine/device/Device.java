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
   * Matrices of one model that are kept between starts.
   *
   * @param folder of this model alone; made where it is missing
   */
  WeightCache weightCache(Path folder);

  /** A table that reads rows from the tensor itself, which must outlive it. */
  EmbeddingTable embedding(Tensor table);

  /**
   * The token of each row of a head, for {@link #rank}.
   *
   * @param ids ascending; copied
   */
  TokenIds tokenIds(int[] ids);

  /** An empty cache. Its memory is taken as it fills. */
  KvCache kvCache(int layers, int kvHeads, int headDim, int capacity);

  // Crossing between the host and the device.

  /** Copies {@code n} rows of {@code destination.width()} numbers from the host. */
  void write(float[] source, int sourceOffset, int n, Rows destination);

  /** Copies {@code n} rows to the host, packed behind each other. */
  void read(Rows source, int n, float[] destination, int destinationOffset);

  // Operations.

  /** {@code out[i] = table[ids[i]]}. */
  void embed(EmbeddingTable table, int[] ids, int n, Rows out);

  /** {@code out[i] = source[indices[i]]}. */
  void gather(Rows source, int[] indices, int n, Rows out);

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
   * The best candidates of each row of a draft's logits, as {@link
   * dev.dovetail.engine.sampling.Sampler#rank} finds them; only they come to the host, and this
   * waits for them.
   *
   * <p>The CPU gives what that method gives, to the bit. A GPU draws the same noise, computes in
   * f32, and rounds otherwise: candidates whose scores differ by less than 1e-4 of the larger of 1
   * and (largest logit - logit) / temperature may change places, and log-probabilities are within
   * 1e-3 of the CPU's for as long as they are above -1000.
   *
   * @param logits {@code [n][vocabulary]}, not modified
   * @param out receives the candidates, best first; a row with a NaN or +infinity has none
   * @throws IllegalArgumentException for a width above 64 on a GPU
   */
  void rank(Rows logits, int n, Ranking ranking, Candidates out);

  @Override
  void close();
}
