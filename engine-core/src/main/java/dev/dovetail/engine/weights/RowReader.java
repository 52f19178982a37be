package dev.dovetail.engine.weights;

import dev.dovetail.models.Tensor;
import java.util.Objects;

/**
 * The rows of one matrix as f32, with the bits of {@link Dequantize}, read one after the other
 * without allocating. For one thread at a time.
 */
public final class RowReader {
  private final Tensor tensor;
  private final Dequantize.Block block;

  /**
   * @param tensor of any type but I32
   */
  public RowReader(Tensor tensor) {
    this.tensor = tensor;
    this.block = Dequantize.Block.of(tensor.type());
  }

  /**
   * Reads a row.
   *
   * @param row 0 to {@code tensor.rows() - 1}
   * @param out receives {@code tensor.cols()} values from {@code at} on
   * @throws IllegalArgumentException if the type is I32, or the row does not begin and end with a
   *     block
   * @throws IndexOutOfBoundsException if the row, or its place in {@code out}, does not exist
   */
  public void read(long row, float[] out, int at) {
    Objects.checkIndex(row, (long) tensor.rows());
    int cols = tensor.cols();
    Dequantize.elements(tensor, row * cols, cols, out, at, block);
  }
}
