package dev.dovetail.cpu;

import java.util.List;
import java.util.Objects;

/**
 * Multiplies activations by packed weights on a pool of threads. One multiplication runs at a time.
 */
final class Matmul {
  /** Activations from which preparing them is worth a barrier. */
  private static final int LEAST_SHARED_ACTIVATIONS = 1 << 12;

  private final WorkerPool pool;
  private final MatmulKernels kernels;
  private final MatmulScratch[] scratch;
  private final MatmulCall call = new MatmulCall();
  private final WorkerPool.Task prepareTask = (part, worker) -> call.prepare(part);
  private final WorkerPool.Task task = this::runChunk;
  private List<PanelMatrix.Chunk> chunks = List.of();

  Matmul(WorkerPool pool, MatmulKernels kernels) {
    this.pool = pool;
    this.kernels = kernels;
    this.scratch = new MatmulScratch[pool.threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] = new MatmulScratch();
    }
  }

  /**
   * {@code y = x w^T}, or {@code y += x w^T}. Allocates nothing once its scratch has grown to the
   * largest n.
   *
   * @param x token t's activations stand at {@code xOffset + t * xStride}, {@code w.cols()} of them
   * @param n tokens, at least 0
   * @param y token t's outputs go to {@code yOffset + t * yStride}, {@code w.rows()} of them; not
   *     in {@code x}'s range
   * @param add whether to add to what stands there
   * @throws IndexOutOfBoundsException if an array is too short
   */
  void multiply(
      PanelMatrix w,
      float[] x,
      int xOffset,
      int xStride,
      int n,
      float[] y,
      int yOffset,
      int yStride,
      boolean add) {
    if (n == 0) {
      return;
    }
    checkRows(xOffset, xStride, n, w.cols(), x.length);
    checkRows(yOffset, yStride, n, w.rows(), y.length);
    call.x = x;
    call.xOffset = xOffset;
    call.xStride = xStride;
    call.n = n;
    call.y = y;
    call.yOffset = yOffset;
    call.yStride = yStride;
    call.add = add;
    prepare(w);
    chunks = w.chunks();
    pool.run(chunks.size(), task);
  }

  private void prepare(PanelMatrix w) {
    call.begin(w.quantisedFormats(), w.cols(), kernels);
    int parts = call.parts();
    if ((long) call.n * w.cols() >= LEAST_SHARED_ACTIVATIONS) {
      pool.run(parts, prepareTask);
    } else {
      for (int part = 0; part < parts; part++) {
        call.prepare(part);
      }
    }
  }

  private static void checkRows(int offset, int stride, int n, int width, int length) {
    Objects.checkIndex(n - 1, Integer.MAX_VALUE);
    long last = (long) (n - 1) * stride;
    Objects.checkFromIndexSize(offset, last + width, (long) length);
    if (stride < 0 || (n > 1 && stride < width)) {
      throw new IllegalArgumentException(
          "rows of %d with a stride of %d overlap".formatted(width, stride));
    }
  }

  private void runChunk(int index, int worker) {
    PanelMatrix.Chunk chunk = chunks.get(index);
    MatmulScratch own = scratch[worker];
    own.reserve(call.n);
    kernels.multiply(chunk.part(), chunk.from(), chunk.to(), call, own);
  }
}
