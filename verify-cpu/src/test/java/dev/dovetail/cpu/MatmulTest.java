package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.RandomTensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The contract of multiplication, for the kernels that {@link KernelSettings} chose; the build runs
 * it at every width and without the vector module. The scalar kernels are held against a product in
 * double precision, the others against the scalar ones, bit by bit.
 */
class MatmulTest {
  private static final float CANARY = -123.456f;

  static Stream<TensorType> types() {
    return Arrays.stream(TensorType.values()).filter(type -> type != TensorType.I32);
  }

  /**
   * A multiplication with everything off the beaten track: offsets, strides, canaries around the
   * outputs.
   */
  private record Case(PanelMatrix w, int n, boolean add, long seed) {
    private static final int X_OFFSET = 3;
    private static final int Y_OFFSET = 5;

    float[] run(MatmulKernels kernels, int threads) {
      Random random = new Random(seed);
      int xStride = w.cols() + 7;
      int yStride = w.rows() + 9;
      float[] x = RandomTensors.activations(X_OFFSET + n * xStride, random);
      float[] y = new float[Y_OFFSET + n * yStride];
      Arrays.fill(y, CANARY);
      for (int t = 0; t < n; t++) {
        for (int row = 0; row < w.rows(); row++) {
          y[Y_OFFSET + t * yStride + row] = add ? RandomTensors.number(random) : Float.NaN;
        }
      }
      try (WorkerPool pool = new WorkerPool(threads)) {
        new Matmul(pool, kernels).multiply(w, x, X_OFFSET, xStride, n, y, Y_OFFSET, yStride, add);
      }
      for (int i = 0; i < y.length; i++) {
        if (i < Y_OFFSET || (i - Y_OFFSET) % yStride >= w.rows()) {
          assertThat(y[i]).as("canary at %d, %s", i, this).isEqualTo(CANARY);
        }
      }
      return y;
    }

    @Override
    public String toString() {
      return "%dx%d, n %d, add %s, seed %d".formatted(w.rows(), w.cols(), n, add, seed);
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void equalsTheScalarKernelsInEveryBit(TensorType type) {
    long seed = 1;
    try (WorkerPool pool = new WorkerPool(1)) {
      for (int rows : new int[] {1, 15, 16, 17, 32, 33, 47, 80, 170}) {
        for (int cols : widths(type)) {
          Tensor tensor = RandomTensors.tensor(type, rows, cols, new Random(++seed));
          try (PanelMatrix w = PanelMatrix.pack(List.of(tensor), pool)) {
            for (int n : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 16, 33}) {
              assertSameBits(new Case(w, n, (rows + n) % 2 == 0, seed), 1);
            }
          }
        }
      }
    }
  }

  private static int[] widths(TensorType type) {
    return switch (type.blockSize()) {
      case 1 -> new int[] {1, 2, 3, 127, 128, 129, 300, 1025, 2100};
      case 32 -> new int[] {32, 64, 96, 128, 160, 576, 1056};
      default -> new int[] {256, 512, 1280};
    };
  }

  @Test
  void stackedPartsStandBehindEachOther() {
    Random random = new Random(7);
    try (WorkerPool pool = new WorkerPool(2)) {
      List<Tensor> parts = new ArrayList<>();
      int rows = 1;
      for (TensorType type : types().toList()) {
        parts.add(RandomTensors.tensor(type, rows, 512, random));
        rows += 13;
      }
      try (PanelMatrix stacked = PanelMatrix.pack(parts, pool)) {
        for (int n : new int[] {1, 6}) {
          for (int threads = 1; threads <= 4; threads++) {
            assertSameBits(new Case(stacked, n, false, 8), threads);
          }
          float[] all = new Case(stacked, n, false, 8).run(kernels(), 2);
          int first = 0;
          for (Tensor part : parts) {
            try (PanelMatrix alone = PanelMatrix.pack(List.of(part), pool)) {
              float[] own = new Case(alone, n, false, 8).run(kernels(), 1);
              assertThat(bits(own, Case.Y_OFFSET, part.rows()))
                  .as(part.name())
                  .isEqualTo(bits(all, Case.Y_OFFSET + first, part.rows()));
            }
            first += part.rows();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void anOutputDoesNotDependOnTheOtherTokens(TensorType type) {
    Random random = new Random(11);
    int rows = 70;
    int cols = 768;
    try (WorkerPool pool = new WorkerPool(2);
        PanelMatrix w =
            PanelMatrix.pack(List.of(RandomTensors.tensor(type, rows, cols, random)), pool)) {
      Matmul matmul = new Matmul(pool, kernels());
      int most = 33;
      float[] x = RandomTensors.activations(most * cols, random);
      float[] alone = new float[most * rows];
      for (int t = 0; t < most; t++) {
        matmul.multiply(w, x, t * cols, cols, 1, alone, t * rows, rows, false);
      }
      for (int n = 2; n <= most; n++) {
        float[] together = new float[n * rows];
        matmul.multiply(w, x, 0, cols, n, together, 0, rows, false);
        assertThat(bits(together, 0, n * rows)).as("n %d", n).isEqualTo(bits(alone, 0, n * rows));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void theScalarKernelsGiveTheProductOfTheDequantisedWeights(TensorType type) {
    long seed = 17;
    int rows = 37;
    int cols = 768;
    Tensor tensor = RandomTensors.tensor(type, rows, cols, new Random(seed));
    float[] x = RandomTensors.activations(2 * cols, new Random(seed + 1));
    float[] y = new float[2 * rows];
    try (WorkerPool pool = new WorkerPool(1);
        PanelMatrix w = PanelMatrix.pack(List.of(tensor), pool)) {
      new Matmul(pool, new ScalarMatmulKernels()).multiply(w, x, 0, cols, 2, y, 0, rows, false);
    }
    float[] weights = new float[cols];
    for (int row = 0; row < rows; row++) {
      Dequantize.row(tensor, row, weights, 0);
      for (int t = 0; t < 2; t++) {
        double expected = 0;
        double magnitude = 0;
        for (int k = 0; k < cols; k++) {
          expected += (double) weights[k] * x[t * cols + k];
          magnitude += Math.abs((double) weights[k] * x[t * cols + k]);
        }
        // A chain of n roundings is off by at most n half-ulps of the largest partial sum. With
        // mins, a group's two
        // terms cancel, so they may be larger than the weights: at most 32 times, the range of
        // quants of such types.
        double tolerance = cols * 0x1p-24 * magnitude * 32 + Float.MIN_NORMAL;
        assertThat((double) y[t * rows + row])
            .as("%s, row %d, token %d, seed %d", type, row, t, seed)
            .isCloseTo(expected, offset(tolerance));
      }
    }
  }

  @Test
  void wrongShapesAreRefused() {
    Random random = new Random(29);
    try (WorkerPool pool = new WorkerPool(1)) {
      Tensor narrow = RandomTensors.tensor(TensorType.F32, 4, 32, random);
      Tensor wide = RandomTensors.tensor(TensorType.F32, 4, 64, random);
      assertThatThrownBy(() -> PanelMatrix.pack(List.of(narrow, wide), pool))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("32")
          .hasMessageContaining("64");
      assertThatThrownBy(() -> PanelMatrix.pack(List.of(), pool))
          .isInstanceOf(IllegalArgumentException.class);
      try (PanelMatrix w = PanelMatrix.pack(List.of(narrow), pool)) {
        Matmul matmul = new Matmul(pool, kernels());
        float[] x = new float[63];
        assertThatThrownBy(() -> matmul.multiply(w, x, 0, 32, 2, new float[8], 0, 4, false))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(
                () -> matmul.multiply(w, new float[64], 0, 32, 2, new float[7], 0, 4, false))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(
                () -> matmul.multiply(w, new float[64], 0, 16, 2, new float[8], 0, 4, false))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  private static MatmulKernels kernels() {
    return KernelSettings.current().matmul();
  }

  private static void assertSameBits(Case it, int threads) {
    float[] expected = it.run(new ScalarMatmulKernels(), 1);
    float[] actual = it.run(kernels(), threads);
    int wrong = Arrays.mismatch(bits(expected, 0, expected.length), bits(actual, 0, actual.length));
    assertThat(wrong)
        .as(() ->
            "%s, %d threads, first wrong index %d: %s, scalar %s"
                .formatted(it, threads, wrong, actual[wrong], expected[wrong]))
        .isEqualTo(-1);
  }

  private static int[] bits(float[] values, int from, int count) {
    int[] bits = new int[count];
    for (int i = 0; i < count; i++) {
      bits[i] = Float.floatToIntBits(values[from + i]);
    }
    return bits;
  }

  /** Kernels multiply activations by large and small powers of two on the way. */
  @ParameterizedTest
  @MethodSource("types")
  void largeAndSmallActivationsLoseNothing(TensorType type) {
    int cols = widths(type)[0];
    Random random = new Random(11);
    Tensor tensor = RandomTensors.tensor(type, 16, cols, random);
    float[] x = new float[cols];
    for (int k = 0; k < cols; k++) {
      x[k] = 1 + random.nextFloat();
    }
    try (WorkerPool pool = new WorkerPool(1);
        PanelMatrix w = PanelMatrix.pack(List.of(tensor), pool)) {
      float[] expected = product(w, x, 1, pool);
      for (float factor : new float[] {0x1p30f, 0x1p-30f}) {
        float[] actual = product(w, x, factor, pool);
        for (int row = 0; row < 16; row++) {
          assertThat(actual[row])
              .as("row %d, factor %s", row, factor)
              .isEqualTo(expected[row] * factor);
        }
      }
    }
  }

  private static float[] product(PanelMatrix w, float[] x, float factor, WorkerPool pool) {
    float[] scaled = new float[x.length];
    for (int k = 0; k < x.length; k++) {
      scaled[k] = x[k] * factor;
    }
    float[] y = new float[w.rows()];
    new Matmul(pool, KernelSettings.current().matmul())
        .multiply(w, scaled, 0, x.length, 1, y, 0, w.rows(), false);
    return y;
  }
}
