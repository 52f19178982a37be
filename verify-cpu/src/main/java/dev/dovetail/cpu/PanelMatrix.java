package dev.dovetail.cpu;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.models.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A weight matrix in panels: 32 consecutive rows, whose weights for one k lie side by side, one row
 * in each lane. The parts of a stacked matrix keep their own types; their outputs stand behind each
 * other.
 *
 * <p><b>Order of sums.</b> Every kernel, of any width and for any number of tokens, computes an
 * output in this order, so that all give the same bits:
 *
 * <ul>
 *   <li>unquantised: {@code acc = fma(w[k], x[k], acc)} for k = 0, 1, ... from {@code acc = 0};
 *   <li>quantised, for each group: the products of a run of 16 columns ({@link WeightKind#run}) are
 *       summed apart, {@code r = fma(q[k], x[k], r)} in order of k, with q the unscaled integers as
 *       stored, from {@code r = 0}; {@code acc = fma(scale, r, acc)} for one run after the other;
 *       then {@code acc = fma(min, X, acc)} with X the sum of the group's activations. Short sums
 *       that do not wait for each other are what keeps a CPU's FMA units busy;
 *   <li>X: four sums over k mod 4, each in order of k, then {@code (s0 + s1) + (s2 + s3)};
 *   <li>the integers stay where they stand in their words, and their activations are multiplied by
 *       the inverse powers of two ({@link WeightKind#inverse}), which also leave all sums at {@link
 *       WeightKind#SUM_UNIT} of their size until they are written: the same roundings, but for
 *       activations outside of 2^-52 to 2^32, and those alike in all kernels of a machine;
 *   <li>the result is {@code acc}, or {@code y + acc} where it is added.
 * </ul>
 *
 * <p>Immutable; shared by all threads. The memory is off-heap and, but for what a source gave,
 * freed by {@link #close}, after which no thread may use the matrix.
 */
final class PanelMatrix implements Matrix {
  /** Weights that a thread takes at a time, about: few enough for even shares of a large matrix. */
  private static final int CHUNK_BYTES = 512 * 1024;

  /**
   * Chunks for each thread of a small matrix, about. Twice as many made products of 0.3 MB, read
   * from memory, a tenth slower.
   */
  private static final int CHUNKS_PER_THREAD = 4;

  private static final int PANELS_PER_PACKING = 2;

  private final List<PanelPart> parts;
  private final int rows;
  private final int cols;
  private final long bytes;
  private final Arena arena;
  private final List<PanelFormat> quantised;
  private final List<Chunk> chunks;

  /** Panels {@code from} to {@code to - 1} of a part. */
  record Chunk(PanelPart part, int from, int to) {}

  private PanelMatrix(List<PanelPart> parts, int rows, int cols, Arena arena, int threads) {
    this.parts = List.copyOf(parts);
    this.rows = rows;
    this.cols = cols;
    this.arena = arena;
    this.bytes = parts.stream().mapToLong(part -> part.data().byteSize()).sum();
    this.quantised =
        parts.stream()
            .map(PanelPart::format)
            .filter(format -> format.weights().quantised())
            .distinct()
            .toList();
    this.chunks = List.copyOf(chunks(parts, bytes, threads));
  }

  /** Packs matrices of one width, the rows of all parts behind each other. */
  static PanelMatrix pack(List<Tensor> tensors, WorkerPool pool) {
    return pack(tensors, PanelSource.NONE, pool);
  }

  /**
   * Packs matrices of one width, the rows of all parts behind each other.
   *
   * @param tensors matrices {@code [rows][cols]}; read before this returns
   * @param source where their panels may be, instead; what it gives must outlive the matrix
   * @param pool shares the work
   * @throws IllegalArgumentException if there are none, their widths differ, or a type is not one
   *     of weights
   */
  static PanelMatrix pack(List<Tensor> tensors, PanelSource source, WorkerPool pool) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("a matrix needs at least one tensor");
    }
    int cols = tensors.getFirst().cols();
    for (Tensor tensor : tensors) {
      if (tensor.cols() != cols) {
        throw new IllegalArgumentException(
            "tensor '%s' has %d columns, tensor '%s' %d; stacked matrices need the same"
                .formatted(tensors.getFirst().name(), cols, tensor.name(), tensor.cols()));
      }
    }
    Arena arena = Arena.ofShared();
    try {
      List<PanelPart> parts = new ArrayList<>();
      int rows = 0;
      for (Tensor tensor : tensors) {
        parts.add(part(tensor, rows, source, arena, pool));
        rows = Math.addExact(rows, tensor.rows());
      }
      return new PanelMatrix(parts, rows, cols, arena, pool.threads());
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** A matrix of parts that are packed already, and whose memory is not its own. */
  static PanelMatrix of(List<PanelPart> parts, int threads) {
    int rows = parts.stream().mapToInt(PanelPart::rows).sum();
    return new PanelMatrix(parts, rows, parts.getFirst().cols(), Arena.global(), threads);
  }

  private static PanelPart part(
      Tensor tensor, int rowOffset, PanelSource source, Arena arena, WorkerPool pool) {
    PanelFormat format = PanelFormat.of(tensor.type());
    int cols = tensor.cols();
    if (cols % tensor.type().blockSize() != 0) {
      throw new IllegalArgumentException(
          "tensor '%s' has rows of %d, %s needs a multiple of %d"
              .formatted(tensor.name(), cols, tensor.type(), tensor.type().blockSize()));
    }
    PanelPart shape = new PanelPart(format, rowOffset, tensor.rows(), cols, MemorySegment.NULL);
    long bytes = shape.panels() * shape.panelBytes();
    Optional<MemorySegment> there = source.find(tensor, bytes);
    PanelPart part =
        new PanelPart(
            format,
            rowOffset,
            tensor.rows(),
            cols,
            there.orElseGet(() -> arena.allocate(bytes, PanelPart.WORD_BYTES)));
    if (there.isEmpty()) {
      fill(tensor, part, pool);
      release(tensor);
    }
    return part;
  }

  private static void fill(Tensor tensor, PanelPart part, WorkerPool pool) {
    PanelPacker[] packers = new PanelPacker[pool.threads()];
    int tasks = (part.panels() + PANELS_PER_PACKING - 1) / PANELS_PER_PACKING;
    pool.run(
        tasks,
        (task, worker) -> {
          if (packers[worker] == null) {
            packers[worker] = new PanelPacker(tensor, part);
          }
          int from = task * PANELS_PER_PACKING;
          packers[worker].pack(from, Math.min(part.panels(), from + PANELS_PER_PACKING));
        });
  }

  /**
   * Gives the tensor's pages back, so that a model is not in memory twice while it loads. A page
   * that is read again, as those of an embedding are, comes back from the file.
   */
  private static void release(Tensor tensor) {
    if (tensor.data().isMapped()) {
      tensor.data().unload();
    }
  }

  /**
   * Chunks of about as many bytes, so that even shares of chunks are even shares of work; in large
   * matrices of an even number of panels, which some kernels multiply two by two.
   */
  private static List<Chunk> chunks(List<PanelPart> parts, long bytes, int threads) {
    double about = Math.min(CHUNK_BYTES, (double) bytes / (CHUNKS_PER_THREAD * threads));
    boolean large = about == CHUNK_BYTES;
    List<Chunk> chunks = new ArrayList<>();
    for (PanelPart part : parts) {
      int panels = part.panels();
      int count = Math.clamp(Math.round(part.data().byteSize() / about), 1, panels);
      for (int i = 0; i < count; i++) {
        int from = boundary(panels, i, count, large);
        int to = boundary(panels, i + 1, count, large);
        if (from != to) {
          chunks.add(new Chunk(part, from, to));
        }
      }
    }
    return chunks;
  }

  private static int boundary(int panels, int chunk, int count, boolean even) {
    int at = (int) ((long) panels * chunk / count);
    return even && chunk < count ? at - at % 2 : at;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int cols() {
    return cols;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  List<PanelPart> parts() {
    return parts;
  }

  /** The formats of its quantised parts, for which activations must be made ready. */
  List<PanelFormat> quantisedFormats() {
    return quantised;
  }

  /** The portions in which threads take the work. */
  List<Chunk> chunks() {
    return chunks;
  }

  @Override
  public void close() {
    arena.close();
  }
}
