package dev.dovetail.cpu;

/** Plain products. */
final class Matmul {
  private final WorkerPool pool;

  Matmul(WorkerPool pool) {
    this.pool = pool;
  }

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
    int chunk = 64;
    pool.run(
        (w.rows() + chunk - 1) / chunk,
        (part, worker) -> {
          for (int row = part * chunk; row < Math.min(w.rows(), (part + 1) * chunk); row++) {
            for (int i = 0; i < n; i++) {
              float sum = 0f;
              for (int k = 0; k < w.cols(); k++) {
                sum = Math.fma(w.weights()[row * w.cols() + k], x[xOffset + i * xStride + k], sum);
              }
              int at = yOffset + i * yStride + row;
              y[at] = add ? y[at] + sum : sum;
            }
          }
        });
  }
}
