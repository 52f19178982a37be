package dev.dovetail.cpu;

import static dev.dovetail.cpu.Floats.assertClose;
import static dev.dovetail.cpu.Floats.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The scalar kernels against plain math in double; the vector kernels against the scalar ones, bit
 * for bit.
 */
final class ElementKernelsTest {
  private static final int MARGIN = 20;
  private static final float EPSILON = 1e-5f;

  /** One operation on four inputs of n elements, all at the same offset. */
  enum Operation {
    RMS_NORM {
      @Override
      void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out) {
        float[] weight = Arrays.copyOfRange(in[1], offset, offset + n);
        kernels.rmsNorm(in[0], offset, weight, EPSILON, n, out, offset, new float[Lanes.COUNT]);
      }

      @Override
      double expected(float[][] in, int offset, int n, int i) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
          sum += (double) in[0][offset + j] * in[0][offset + j];
        }
        return in[0][offset + i] / Math.sqrt(sum / n + EPSILON) * in[1][offset + i];
      }
    },
    ADD {
      @Override
      void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out) {
        System.arraycopy(in[0], offset, out, offset, n);
        kernels.add(in[1], offset, n, out, offset);
      }

      @Override
      double expected(float[][] in, int offset, int n, int i) {
        return (double) in[0][offset + i] + in[1][offset + i];
      }
    },
    SILU_MUL {
      @Override
      void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out) {
        kernels.siluMul(in[0], offset, in[1], offset, n, out, offset);
      }

      @Override
      double expected(float[][] in, int offset, int n, int i) {
        return silu(in[0][offset + i]) * in[1][offset + i];
      }
    },
    SILU {
      @Override
      void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out) {
        System.arraycopy(in[0], offset, out, offset, n);
        kernels.silu(n, out, offset);
      }

      @Override
      double expected(float[][] in, int offset, int n, int i) {
        return silu(in[0][offset + i]);
      }
    },
    GATE {
      @Override
      void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out) {
        kernels.gate(in[0], offset, in[1], offset, in[2], offset, n, out, offset);
      }

      @Override
      double expected(float[][] in, int offset, int n, int i) {
        double s = 1 / (1 + Math.exp(-in[0][offset + i]));
        return s * in[1][offset + i] + (1 - s) * in[2][offset + i];
      }
    };

    abstract void run(ElementKernels kernels, float[][] in, int offset, int n, float[] out);

    abstract double expected(float[][] in, int offset, int n, int i);

    private static double silu(double x) {
      return x / (1 + Math.exp(-x));
    }
  }

  private static float[][] inputs(int size, int seed) {
    return new float[][] {
      Floats.random(size, seed), Floats.random(size, seed + 1L), Floats.random(size, seed + 2L)
    };
  }

  @ParameterizedTest
  @EnumSource
  void scalarKernelsComputeTheirDefinition(Operation operation) {
    Floats.lengths()
        .forEach(n -> {
          float[][] in = inputs(n + MARGIN, n);
          float[] out = Floats.canaries(n + MARGIN);
          operation.run(new ScalarElementKernels(), in, 3, n, out);
          double[] expected = new double[n];
          double largest = 1;
          for (int i = 0; i < n; i++) {
            expected[i] = operation.expected(in, 3, n, i);
            largest = Math.max(largest, Math.abs(expected[i]));
          }
          // A few roundings each; a sum of n squares in 16 lanes adds n / 16 at the very most.
          double tolerance = largest * (6 + n / 16.0) * Math.ulp(1f);
          float[] result = Arrays.copyOfRange(out, 3, 3 + n);
          assertClose(result, expected, tolerance, "%s of %d", operation, n);
          assertCanaries(out, 3, n, operation + " of " + n);
        });
  }

  @ParameterizedTest
  @EnumSource
  void vectorKernelsGiveTheSameBits(Operation operation) {
    assumePanama();
    for (int offset : new int[] {0, 1, 7}) {
      Floats.lengths()
          .forEach(n -> {
            float[][] in = inputs(n + MARGIN, n);
            if (n > 5) {
              in[0][offset + n / 2] = Float.NaN;
              in[2][offset + n / 3] = Float.NEGATIVE_INFINITY;
            }
            float[] scalar = Floats.canaries(n + MARGIN);
            float[] vector = Floats.canaries(n + MARGIN);
            operation.run(new ScalarElementKernels(), in, offset, n, scalar);
            operation.run(KernelSettings.current().elements(), in, offset, n, vector);
            assertSameBits(vector, scalar, "%s of %d at %d", operation, n, offset);
            assertCanaries(vector, offset, n, operation + " of " + n);
          });
    }
  }

  private static void assertCanaries(float[] out, int offset, int n, String what) {
    float[] around = out.clone();
    Arrays.fill(around, offset, offset + n, Floats.CANARY);
    assertSameBits(around, Floats.canaries(out.length), "around the output of %s", what);
  }

  @ParameterizedTest
  @CsvSource({"2", "4", "6", "10", "16", "30", "32", "34", "64", "66", "80", "128", "256"})
  void vectorRotationGivesTheSameBits(int dimensions) {
    assumePanama();
    for (boolean interleaved : new boolean[] {true, false}) {
      float[] turns = Floats.random(2 * dimensions, dimensions);
      float[] scalar = Floats.random(dimensions + MARGIN, 5);
      float[] vector = scalar.clone();
      new ScalarElementKernels().rotate(turns, dimensions, interleaved, scalar, 3);
      KernelSettings.current().elements().rotate(turns, dimensions, interleaved, vector, 3);
      assertSameBits(vector, scalar, "%d dimensions, interleaved %s", dimensions, interleaved);
    }
  }

  @Test
  void sumsRunOverSixteenLanesCombinedByHalves() {
    float[] lanes = new float[Lanes.COUNT];
    for (int i = 0; i < Lanes.COUNT; i++) {
      lanes[i] = i < 8 ? 1e8f : -1e8f + 8 * i; // exact only if lane i meets lane i + 8 first
    }
    assertThat(Lanes.combine(lanes)).isEqualTo(8f * (8 + 9 + 10 + 11 + 12 + 13 + 14 + 15));
  }

  private static void assumePanama() {
    Assumptions.assumeTrue(
        KernelSettings.current().panama(), "needs --add-modules jdk.incubator.vector");
  }
}
