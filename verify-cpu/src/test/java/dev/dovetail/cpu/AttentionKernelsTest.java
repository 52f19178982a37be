package dev.dovetail.cpu;

import static dev.dovetail.cpu.Floats.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The vector kernels of attention against the scalar ones, bit for bit, canaries around every
 * output.
 */
final class AttentionKernelsTest {
  private static final int TILE = AttentionKernels.TILE;
  private static final int PANEL = AttentionKernels.PANEL;

  private final AttentionKernels scalar = new ScalarAttentionKernels();
  private AttentionKernels vector;

  @BeforeEach
  void findVectorKernels() {
    Assumptions.assumeTrue(
        KernelSettings.current().panama(), "needs --add-modules jdk.incubator.vector");
    vector = KernelSettings.current().attention();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 31, 33, 48, 64, 80, 96, 128})
  void scores(int headDim) {
    float[] q = Floats.random(3 + TILE * headDim, 1);
    for (int panels : new int[] {0, 1, 2, 3, 5, 16}) {
      float[] keys = Floats.random(5 + panels * PANEL * headDim, panels);
      int stride = panels * PANEL + 3;
      float[] expected = Floats.canaries(2 + TILE * stride + 40);
      float[] actual = expected.clone();
      scalar.scoreTile(q, 3, headDim, keys, 5, panels, expected, 2, stride);
      vector.scoreTile(q, 3, headDim, keys, 5, panels, actual, 2, stride);
      assertSameBits(actual, expected, "a tile, head of %d, %d panels", headDim, panels);

      float[] one = Floats.canaries(expected.length);
      float[] oneExpected = one.clone();
      scalar.score(q, 3, headDim, keys, 5, panels, oneExpected, 2);
      vector.score(q, 3, headDim, keys, 5, panels, one, 2);
      assertSameBits(one, oneExpected, "one query, head of %d, %d panels", headDim, panels);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 31, 33, 48, 64, 80, 96, 128})
  void weightedSums(int headDim) {
    for (int count : new int[] {0, 1, 2, 15, 256}) {
      int stride = count + 3;
      float[] weights = Floats.random(7 + TILE * stride, count);
      float[] values = Floats.random(5 + count * headDim, count + 1L);
      float[] expected = Floats.random(2 + TILE * headDim + 300, 2);
      float[] actual = expected.clone();
      scalar.weighTile(weights, 7, stride, count, values, 5, headDim, expected, 2);
      vector.weighTile(weights, 7, stride, count, values, 5, headDim, actual, 2);
      assertSameBits(actual, expected, "a tile, head of %d, %d positions", headDim, count);

      scalar.weigh(weights, 7, count, values, 5, headDim, expected, 2);
      vector.weigh(weights, 7, count, values, 5, headDim, actual, 2);
      assertSameBits(actual, expected, "one query, head of %d, %d positions", headDim, count);

      scalar.merge(values, 5, 0.7f, count, expected, 2, 0.3f);
      vector.merge(values, 5, 0.7f, count, actual, 2, 0.3f);
      assertSameBits(actual, expected, "merged, %d", count);

      scalar.divide(values, 5, 0.37f, count, expected, 2);
      vector.divide(values, 5, 0.37f, count, actual, 2);
      assertSameBits(actual, expected, "divided, %d", count);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0.125f, 1f, 30f})
  void softmax(float scale) {
    Floats.lengths()
        .filter(n -> n > 0)
        .forEach(n -> {
          int end = 3 + (n + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
          float[] expected = Floats.random(end + 20, n);
          float[] actual = expected.clone();
          float[] lanes = new float[Lanes.COUNT];
          float max = scalar.max(expected, 3, n, scale, lanes);
          assertThat(vector.max(actual, 3, n, scale, lanes)).as("max of %d", n).isEqualTo(max);
          float expectedSum = scalar.exponentiate(expected, 3, n, scale, max, lanes);
          float sum = vector.exponentiate(actual, 3, n, scale, max, lanes);
          assertThat(sum).as("sum of %d", n).isEqualTo(expectedSum);
          System.arraycopy(expected, 3 + n, actual, 3 + n, end - 3 - n); // may be overwritten
          assertSameBits(actual, expected, "weights of %d", n);
        });
  }

  /** All f16 there are, so zeros, subnormals, infinities and NaN too. */
  @Test
  void widensEveryHalf() {
    short[] halves = new short[3 + (1 << 16)];
    for (int i = 0; i < 1 << 16; i++) {
      halves[3 + i] = (short) i;
    }
    float[] expected = Floats.canaries(5 + (1 << 16) + 20);
    float[] actual = expected.clone();
    scalar.widen(halves, 3, 1 << 16, expected, 5);
    for (int i = 0; i < 50; i++) { // until it has been compiled
      vector.widen(halves, 3, 1 << 16, actual, 5);
    }
    assertSameBits(actual, expected, "all");
    for (int n = 0; n < 100; n++) {
      float[] some = Floats.canaries(n + 20);
      vector.widen(halves, 1000 + n, n, some, 5);
      assertThat(Arrays.copyOfRange(some, 5, 5 + n))
          .as("%d numbers", n)
          .containsExactly(Arrays.copyOfRange(expected, 1002 + n, 1002 + 2 * n));
      Arrays.fill(some, 5, 5 + n, Floats.CANARY);
      assertSameBits(some, Floats.canaries(some.length), "around %d", n);
    }
  }
}
