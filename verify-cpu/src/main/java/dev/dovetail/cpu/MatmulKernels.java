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
   * {@code out[to + k] = x[from + k] * factors[k % SPAN]} for k below {@code count}, whole spans.
   */
  void scale(float[] x, int from, float[] factors, float[] out, int to, int count);

  /**
   * {@link WeightKind#SUM_UNIT} of the sum of each of {@code spans} spans of x, summed in the order
   * that {@link PanelMatrix} names.
   */
  void sumSpans(float[] x, int from, float[] out, int to, int spans);
}
