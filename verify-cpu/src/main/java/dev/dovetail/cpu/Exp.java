package dev.dovetail.cpu;

/**
 * The one exponential function of all kernels: e^x = 2^n e^r with n the integer nearest to x / ln
 * 2, e^r a polynomial of degree 6 (least maximum relative error on |r| <= ln(2)/2, 3.2e-9 before
 * rounding), and 2^n applied as two exact powers of two so that results below 2^-126 round once.
 * Vector code repeats these operations one for one.
 */
final class Exp {
  /** Below, e^x rounds to 0. */
  static final float LOWEST = -104f;

  /** Above, e^x is infinite. */
  static final float HIGHEST = 89f;

  static final float LOG2_E = 0x1.715476p+0f;

  /** Adding 1.5 * 2^23 leaves the nearest integer in the low bits of the sum. */
  static final float ROUNDER = 0x1.8p23f;

  /** The bits of {@link #ROUNDER}. */
  static final int ROUNDER_BITS = 0x4b40_0000;

  // -ln 2 in two parts; an FMA keeps the products exact.
  static final float MINUS_LN2_HIGH = -0x1.62e43p-1f;
  static final float MINUS_LN2_LOW = 0x1.05c61p-29f;

  static final float C6 = 0x1.6a5228p-10f;
  static final float C5 = 0x1.12396cp-7f;
  static final float C4 = 0x1.5558aap-5f;
  static final float C3 = 0x1.555492p-3f;
  static final float C2 = 0x1.fffffcp-2f;

  static final int EXPONENT_BIAS = 127;
  static final int MANTISSA_BITS = 23;

  private Exp() {}

  /** e^x within 1 ulp; 0 far below, infinity far above, NaN for NaN. */
  static float exp(float x) {
    float shifted = Math.fma(x, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, MINUS_LN2_LOW, Math.fma(n, MINUS_LN2_HIGH, x));
    float p = Math.fma(r, C6, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1f);
    p = Math.fma(p, r, 1f);
    int exponent = Float.floatToRawIntBits(shifted) - ROUNDER_BITS;
    int half = exponent >> 1;
    float result = p * powerOfTwo(half) * powerOfTwo(exponent - half);
    if (x < LOWEST) {
      return 0f;
    }
    return x > HIGHEST ? Float.POSITIVE_INFINITY : result;
  }

  /** 1 / (1 + e^-x). */
  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }

  /** x sigmoid(x), as one division. */
  static float silu(float x) {
    return x / (1f + exp(-x));
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + EXPONENT_BIAS) << MANTISSA_BITS);
  }
}
