package dev.dovetail.gpu.device;

import dev.dovetail.engine.device.Matrix;
import dev.dovetail.models.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights of several tensors, whose rows stand behind each other.
 *
 * @param anyOrder whether sums of many tokens may run in any order
 */
record GpuMatrix(List<GpuWeights> parts, boolean anyOrder) implements Matrix {
  /** Sends tensors of one width. */
  static GpuMatrix send(
      List<Tensor> tensors, boolean anyOrder, DeviceMemory memory, Staging staging) {
    List<GpuWeights> parts = new ArrayList<>();
    try {
      for (Tensor tensor : tensors) {
        if (tensor.cols() != tensors.getFirst().cols()) {
          throw new IllegalArgumentException(
              "tensor '%s' has %d columns, and '%s' before it %d"
                  .formatted(
                      tensor.name(),
                      tensor.cols(),
                      tensors.getFirst().name(),
                      tensors.getFirst().cols()));
        }
        parts.add(GpuWeights.send(tensor, memory, staging));
      }
      return new GpuMatrix(List.copyOf(parts), anyOrder);
    } catch (RuntimeException | Error e) {
      parts.forEach(GpuWeights::close);
      throw e;
    }
  }

  @Override
  public int rows() {
    return parts.stream().mapToInt(GpuWeights::rows).sum();
  }

  @Override
  public int cols() {
    return parts.getFirst().cols();
  }

  @Override
  public long bytes() {
    return parts.stream().mapToLong(GpuWeights::bytes).sum();
  }

  @Override
  public void close() {
    parts.forEach(GpuWeights::close);
  }
}
