package dev.dovetail.cpu;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import java.util.List;

/** Weights as plain floats. */
record PanelMatrix(int rows, int cols, float[] weights) implements Matrix {
  static PanelMatrix pack(List<Tensor> tensors, WorkerPool pool) {
    int cols = tensors.getFirst().cols();
    int rows = tensors.stream().mapToInt(Tensor::rows).sum();
    float[] weights = new float[Math.multiplyExact(rows, cols)];
    int at = 0;
    for (Tensor tensor : tensors) {
      for (int row = 0; row < tensor.rows(); row++) {
        Dequantize.row(tensor, row, weights, at++ * cols);
      }
    }
    return new PanelMatrix(rows, cols, weights);
  }

  @Override
  public long bytes() {
    return 4L * weights.length;
  }

  @Override
  public void close() {}
}
