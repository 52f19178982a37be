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
}
