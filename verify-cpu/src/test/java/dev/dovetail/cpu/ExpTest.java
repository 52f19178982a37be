package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The exponential against {@link StrictMath}, which is within one ulp of double. */
final class ExpTest {
  /** Steps between the floats tried; a prime, so that all low bits occur. */
  private static final int STEP = 1009;

  @Test
  void isWithinOneUlpOverTheWholeRange() {
    double worst = 0;
    float at = 0;
    for (float limit : new float[] {-103.9f, 88.72f}) {
      int last = Float.floatToRawIntBits(Math.abs(limit));
      for (int bits = 0; bits <= last; bits += STEP) {
        float x = Math.copySign(Float.intBitsToFloat(bits), limit);
        double exact = StrictMath.exp(x);
        double error = Math.abs(Exp.exp(x) - exact) / Math.ulp((float) exact);
        if (error > worst) {
          worst = error;
          at = x;
        }
      }
    }
    assertThat(worst).as("ulps, at %s", at).isLessThan(1.0);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1",
    "-0.0, 1",
    "89.1, Infinity",
    "Infinity, Infinity",
    "3.4e38, Infinity",
    "-104.1, 0",
    "-1e30, 0",
    "-Infinity, 0",
    "NaN, NaN",
    "1e-40, 1"
  })
  void hasTheRightEnds(float x, float expected) {
    assertThat(Exp.exp(x)).isEqualTo(Float.valueOf(expected)); // boxed: NaN equals NaN
  }

  @ParameterizedTest
  @CsvSource({"-200, 0, -0.0", "200, 1, 200", "0, 0.5, 0", "NaN, NaN, NaN"})
  void sigmoidAndSiluHaveTheRightEnds(float x, float sigmoid, float silu) {
    assertThat(Exp.sigmoid(x)).isEqualTo(Float.valueOf(sigmoid));
    assertThat(Exp.silu(x)).isEqualTo(Float.valueOf(silu));
  }

  @Test
  void sameBitsInVectorsOverTheWholeRange() {
    int count = 1 << 12;
    AttentionKernels kernels = KernelSettings.current().attention();
    float[] expected = new float[count];
    float[] actual = new float[count];
    for (int bits = Float.floatToRawIntBits(-0f); bits < Float.floatToRawIntBits(-110f); ) {
      for (int i = 0; i < count; i++, bits += STEP) {
        actual[i] = Float.intBitsToFloat(bits);
        expected[i] = Exp.exp(actual[i]);
      }
      kernels.exponentiate(actual, 0, count, 1f, 0f, new float[Lanes.COUNT]);
      Floats.assertSameBits(actual, expected, "up to %s", Float.intBitsToFloat(bits));
    }
  }
}
