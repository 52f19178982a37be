package dev.dovetail.gpu.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.gpu.driver.GpuDriver.Grid;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel rms_norm, against the formula in doubles. */
class RmsNormKernelTest {
  private static final long SEED = 20_261_122;
  private static final float EPSILON = 1e-5f;

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 32, 0",
    "1, 1, 31, 32, 0",
    "2, 1, 33, 64, 3",
    "3, 1, 576, 128, 0",
    "16, 1, 577, 256, 5",
    "4, 3, 64, 32, 7",
    "5, 9, 65, 128, 1",
    "1, 1, 4099, 1024, 0",
  })
  void rowsAndHeadsOfRowsAreNormed(int tokens, int groups, int width, int threads, int gap) {
    Random random = new Random(SEED);
    int stride = groups * width + gap;
    float[] x = new float[tokens * stride];
    for (int i = 0; i < x.length; i++) {
      // An outlier now and then, and zeros.
      x[i] = i % 97 == 5 ? 300 : i % 13 == 7 ? 0 : (float) random.nextGaussian();
    }
    float[] weight = new float[width];
    for (int i = 0; i < width; i++) {
      weight[i] = 1 + (float) random.nextGaussian() / 4;
    }
    try (HostGpu gpu = HostGpu.open()) {
      long out = gpu.floats(x.length);
      gpu.run(
          "rms_norm",
          "rms_norm",
          new Grid(tokens, groups, threads, 0),
          new Arguments()
              .pointer(gpu.upload(x))
              .pointer(gpu.upload(weight))
              .pointer(out)
              .integer(width)
              .integer(stride)
              .integer(stride)
              .floating(EPSILON));
      float[] actual = gpu.download(out, x.length);
      float[] expected = expected(x, weight, tokens, groups, stride);
      for (int i = 0; i < x.length; i++) {
        String where = "element %d, seed %d".formatted(i, SEED);
        if (Float.isNaN(expected[i])) {
          assertThat(actual[i]).as(where + ", which is no row's").isNaN();
        } else {
          assertThat(actual[i])
              .as(where)
              .isCloseTo(expected[i], within(4e-7f * Math.max(Math.abs(expected[i]), 1e-3f)));
        }
      }
    }
  }

  // What lies between rows stays as it was: NaN.
  private static float[] expected(float[] x, float[] weight, int tokens, int groups, int stride) {
    int width = weight.length;
    float[] out = new float[x.length];
    Arrays.fill(out, Float.NaN);
    for (int t = 0; t < tokens; t++) {
      for (int g = 0; g < groups; g++) {
        int from = t * stride + g * width;
        double squares = 0;
        for (int i = 0; i < width; i++) {
          squares += (double) x[from + i] * x[from + i];
        }
        for (int i = 0; i < width; i++) {
          out[from + i] = (float) (x[from + i] / Math.sqrt(squares / width + EPSILON) * weight[i]);
        }
      }
    }
    return out;
  }
}
