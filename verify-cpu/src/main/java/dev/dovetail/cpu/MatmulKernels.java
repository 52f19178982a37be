package dev.dovetail.cpu;

/**
 * The products of packed weights with activations. Implementations agree in every bit. Stateless.
 */
interface MatmulKernels {
  /** The rows of two panels, which a kernel computes together. */
  int PAIR_ROWS = 2 * PanelPart.LANES;

  /**
   * Computes the outputs of pairs of panels {@code from} to {@code to - 1} of a part for all tokens
   * of a call, and writes them.
   */
  void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch);
}
