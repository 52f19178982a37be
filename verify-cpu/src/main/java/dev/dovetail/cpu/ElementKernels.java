package dev.dovetail.cpu;

/**
 * The operations on single rows. All implementations give the same bits: each element is computed
 * by the same IEEE operations, and each sum runs over {@link Lanes#COUNT} lanes combined in one
 * order. NaN stays NaN. Stateless; safe for use by several threads.
 */
interface ElementKernels {
  /**
   * {@code out = x / sqrt(mean(x^2) + epsilon) * weight}; out may be x.
   *
   * @param weight {@code [n]}
   * @param lanes scratch, {@code [Lanes.COUNT]}
   */
  void rmsNorm(
      float[] x,
      int xOffset,
      float[] weight,
      float epsilon,
      int n,
      float[] out,
      int outOffset,
      float[] lanes);

  /** {@code inOut += x} for n elements. */
  void add(float[] x, int xOffset, int n, float[] inOut, int inOutOffset);

  /**
   * Rotates one head.
   *
   * @param turns {@code [2][dimensions]}: for each element the factor of itself, then the factor of
   *     its partner
   * @param interleaved whether neighbours are partners, or elements half the dimensions apart
   */
  void rotate(float[] turns, int dimensions, boolean interleaved, float[] inOut, int offset);

  /** {@code out = silu(gate) * up}; out may be one of them. */
  void siluMul(
      float[] gate, int gateOffset, float[] up, int upOffset, int n, float[] out, int outOffset);

  /** {@code inOut = silu(inOut)}. */
  void silu(int n, float[] inOut, int offset);

  /** {@code out = s h1 + (1 - s) h2} with {@code s = sigmoid(z)}; out may be one of the three. */
  void gate(
      float[] z,
      int zOffset,
      float[] h1,
      int h1Offset,
      float[] h2,
      int h2Offset,
      int n,
      float[] out,
      int outOffset);
}
