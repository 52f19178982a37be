package dev.dovetail.cpu;

/**
 * The products of packed weights with activations. Implementations agree in every bit. Stateless.
 */
interface MatmulKernels {
  /**
   * Computes the outputs of panels {@code from} to {@code to - 1} of a part for all tokens of a
   * call, and writes them.
   */
  void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch);

  /**
   * How many of the tokens left are computed together; their activations lie side by side ({@link
   * MatmulCall#activations}).
   */
  int tokensAtATime(int left);

  /**
   * The activations of {@code count} columns from {@code from} on, a multiple of 16, as the fields
   * of a kind want them ({@link WeightKind#inverse}): to {@code out[to]}, {@code out[to + step]},
   * ...
   */
  void scale(float[] x, int from, WeightKind kind, float[] out, int to, int step, int count);

  /**
   * {@link WeightKind#SUM_UNIT} times {@code factor} of the sum of each of {@code groups} groups of
   * {@code size} columns of x, a multiple of 4, summed in the order that {@link PanelMatrix} names:
   * to {@code out[to]}, {@code out[to + step]}, ...
   */
  void sumGroups(
      float[] x, int from, int size, float factor, float[] out, int to, int step, int groups);
}
