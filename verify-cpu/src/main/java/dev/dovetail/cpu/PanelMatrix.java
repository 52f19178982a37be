package dev.dovetail.cpu;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.models.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A weight matrix in panels: 16 consecutive rows, whose weights for one k lie side by side, one row
 * in each lane. The parts of a stacked matrix keep their own types; their outputs stand behind each
 * other.
 *
 * <p><b>Order of sums.</b> Every kernel, of any width and for any number of tokens, computes an
 * output in this order, so that all give the same bits:
 *
 * <ul>
 *   <li>unquantised: {@code acc = fma(w[k], x[k], acc)} for k = 0, 1, ... from {@code acc = 0};
 *   <li>quantised, for each group of weights that share a scale: {@code s = fma(q[k], x[k], s)} for
 *       the k of the group, from {@code s = 0}, with q the unscaled integers as stored; {@code acc
 *       = fma(scale, s, acc)}; and, for formats that have mins, {@code acc = fma(min, sum of the
 *       group's x, acc)};
 *   <li>4-bit integers stay where they stand in their words, and their activations are multiplied
 *       by the inverse powers of two ({@link MatmulCall#activations}): the same products, but for
 *       activations so small that they would be subnormal, and those alike in all kernels;
 *   <li>the sum of a group's activations: four sums over k mod 4, each in order of k, then {@code
 *       (s0 + s1) + (s2 + s3)};
 *   <li>the result is {@code acc}, or {@code y + acc} where it is added.
 * </ul>
 *
 * <p>Immutable; shared by all threads. The memory is off-heap and freed by {@link #close}, after
 * which no thread may use the matrix.
 */
final class PanelMatrix implements Matrix {
  /**
   * Weights that a thread takes at a time: enough to hide the hand-over, little enough to share
   * evenly.
   */
  private static final int CHUNK_BYTES = 32 * 1024;

  private static final int PANELS_PER_PACKING = 4;

  private final List<PanelPart> parts;
  private final int rows;
  private final int cols;
  private final long bytes;
  private final Arena arena;
  private final List<Chunk> chunks;

  /** Pairs of panels {@code from} to {@code to - 1} of a part. */
  record Chunk(PanelPart part, int from, int to) {}

  private PanelMatrix(List<PanelPart> parts, int rows, int cols, Arena arena) {
    this.parts = List.copyOf(parts);
    this.rows = rows;
    this.cols = cols;
    this.arena = arena;
    this.bytes =
        parts.stream().mapToLong(p -> p.weights().byteSize() + p.scales().byteSize()).sum();
    this.chunks = List.copyOf(chunks(parts));
  }

  /**
   * Packs matrices of one width, the rows of all parts behind each other.
   *
   * @param tensors matrices {@code [rows][cols]}; read before this returns
   * @param pool shares the work
   * @throws IllegalArgumentException if there are none, their widths differ, or a type is not one
   *     of weights
   */
  static PanelMatrix pack(List<Tensor> tensors, WorkerPool pool) {
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
        PanelPart part = allocate(tensor, rows, arena);
        fill(tensor, part, pool);
        parts.add(part);
        rows = Math.addExact(rows, tensor.rows());
      }
      return new PanelMatrix(parts, rows, cols, arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private static PanelPart allocate(Tensor tensor, int rowOffset, Arena arena) {
    PanelFormat format = PanelFormat.of(tensor.type());
    int cols = tensor.cols();
    if (cols % tensor.type().blockSize() != 0) {
      throw new IllegalArgumentException(
          "tensor '%s' has rows of %d, %s needs a multiple of %d"
              .formatted(tensor.name(), cols, tensor.type(), tensor.type().blockSize()));
    }
    PanelPart shape =
        new PanelPart(
            format, rowOffset, tensor.rows(), cols, MemorySegment.NULL, MemorySegment.NULL);
    return new PanelPart(
        format,
        rowOffset,
        tensor.rows(),
        cols,
        arena.allocate(shape.panels() * shape.panelBytes(), PanelPart.WORD_BYTES),
        arena.allocate(shape.panels() * shape.scalePanelBytes(), PanelPart.WORD_BYTES));
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

  private static List<Chunk> chunks(List<PanelPart> parts) {
    List<Chunk> chunks = new ArrayList<>();
    for (PanelPart part : parts) {
      int pairs = (part.panels() + 1) / 2;
      long pairBytes = Math.max(1, 2 * (part.panelBytes() + part.scalePanelBytes()));
      int step = Math.clamp(CHUNK_BYTES / pairBytes, 1, pairs);
      for (int from = 0; from < pairs; from += step) {
        chunks.add(new Chunk(part, from, Math.min(pairs, from + step)));
      }
    }
    return chunks;
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

  /** The portions in which threads take the work. */
  List<Chunk> chunks() {
    return chunks;
  }

  @Override
  public void close() {
    arena.close();
  }
}
