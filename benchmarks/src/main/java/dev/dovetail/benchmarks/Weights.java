package dev.dovetail.benchmarks;

import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;

/** Matrices of random weights of any type and size. */
final class Weights {
  /**
   * Blocks after which the weights repeat, so that a head of 10^8 is made in no time. A prime, so
   * that rows differ although they repeat.
   */
  private static final int PERIOD = 65_537;

  private Weights() {}

  /**
   * The same weights for the same arguments; a product with normally distributed activations has a
   * deviation of about one.
   *
   * @param arena owns the data
   * @throws IllegalArgumentException if the columns are no whole blocks
   */
  static Tensor random(TensorType type, int rows, int cols, Arena arena) {
    if (cols % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "%s comes in blocks of %d and a row has %d columns: choose another type or matrix"
              .formatted(type, type.blockSize(), cols));
    }
    long elements = (long) rows * cols;
    int period = (int) Math.min(elements, (long) PERIOD * type.blockSize());
    byte[] weights = TinyWeights.random(type, period, 1 / Math.sqrt(cols), new Random(1));
    MemorySegment pattern = MemorySegment.ofArray(weights);
    MemorySegment data = arena.allocate(type.bytes(elements), Long.BYTES);
    for (long at = 0; at < data.byteSize(); at += weights.length) {
      long count = Math.min(weights.length, data.byteSize() - at);
      MemorySegment.copy(pattern, 0, data, at, count);
    }
    return new Tensor(
        "%s %dx%d".formatted(type, rows, cols), type, List.of((long) rows, (long) cols), data);
  }
}
