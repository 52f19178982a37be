package dev.dovetail.engine.device;

import dev.dovetail.models.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Memory of a device that is taken in several steps, all of it or none: what was taken is given
 * back by {@link #close}, unless {@link #complete} has handed it to its owner. For one thread.
 *
 * {@snippet :
 * try (Allocation memory = new Allocation(device)) {
 *   return memory.complete(new Weights(memory.matrix(w1), memory.matrix(w2)));
 * }
 * }
 */
public final class Allocation implements AutoCloseable {
  private final Device device;
  private final Function<List<Tensor>, Matrix> matrices;
  private final Deque<Runnable> taken = new ArrayDeque<>();

  public Allocation(Device device) {
    this(device, device::matrix);
  }

  /**
   * Takes matrices from elsewhere.
   *
   * @param matrices does what {@link Device#matrix} does
   */
  public Allocation(Device device, Function<List<Tensor>, Matrix> matrices) {
    this.device = device;
    this.matrices = matrices;
  }

  /** See {@link Device#upload}. */
  public Buffer upload(float[] values) {
    Buffer buffer = device.upload(values);
    taken.push(buffer::close);
    return buffer;
  }

  /** See {@link Rows#allocate}. */
  public Rows rows(int tokens, int width) {
    Rows rows = Rows.allocate(device, tokens, width);
    taken.push(rows.buffer()::close);
    return rows;
  }

  /** See {@link Device#kvCache}. */
  public KvCache kvCache(int layers, int kvHeads, int headDim, int capacity) {
    KvCache cache = device.kvCache(layers, kvHeads, headDim, capacity);
    taken.push(cache::close);
    return cache;
  }

  /** See {@link Device#matrix}. */
  public Matrix matrix(List<Tensor> parts) {
    Matrix matrix = matrices.apply(parts);
    taken.push(matrix::close);
    return matrix;
  }

  /** See {@link Device#draftMatrix}. */
  public Matrix draftMatrix(List<Tensor> parts) {
    Matrix matrix = device.draftMatrix(parts);
    taken.push(matrix::close);
    return matrix;
  }

  /** See {@link Device#embedding}. */
  public EmbeddingTable embedding(Tensor table) {
    EmbeddingTable embedding = device.embedding(table);
    taken.push(embedding::close);
    return embedding;
  }

  /** See {@link Device#tokenIds}. */
  public TokenIds tokenIds(int[] ids) {
    TokenIds tokens = device.tokenIds(ids);
    taken.push(tokens::close);
    return tokens;
  }

  /** See {@link Device#draftTree}. */
  public DraftTree draftTree(int maxNodes) {
    DraftTree tree = device.draftTree(maxNodes);
    taken.push(tree::close);
    return tree;
  }

  /** Something else that owns memory, to be closed with the rest. */
  public <T> T part(T owner, Consumer<T> close) {
    taken.push(() -> close.accept(owner));
    return owner;
  }

  /** Hands all that was taken to {@code owner}, whose duty it is from here on to close it. */
  public <T> T complete(T owner) {
    taken.clear();
    return owner;
  }

  /** Gives back what has no owner yet, the last first, all of it even if some fails. */
  @Override
  public void close() {
    RuntimeException failure = null;
    while (!taken.isEmpty()) {
      try {
        taken.pop().run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
