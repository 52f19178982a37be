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
   * {@link WeightKind#SUM_UNIT} of the sum of each of {@code groups} groups of {@code size} columns
   * of x, a multiple of 4, summed in the order that {@link PanelMatrix} names.
   */
  void sumGroups(float[] x, int from, int size, float[] out, int to, int groups);
}
