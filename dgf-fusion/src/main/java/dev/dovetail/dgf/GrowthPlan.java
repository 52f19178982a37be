package dev.dovetail.dgf;

import dev.dovetail.engine.round.TreeShape;
import java.util.Arrays;

/**
 * Levels of a tree to be drafted: first a trunk, the outcome of a verification as it is assumed, of
 * accepted tokens and the target's own choice after them, which is guessed; then the shape's.
 *
 * @param accepted tokens of the trunk but for the guessed one; {@link #NO_TRUNK} for a tree without
 */
record GrowthPlan(int accepted, TreeShape shape) {
  /** The tree hangs from the last token of the sequence. */
  static final int NO_TRUNK = -1;

  /** Nodes and levels of the trunk. */
  int trunk() {
    return accepted + 1;
  }

  /** Levels of the trunk whose tokens are known. */
  int given() {
    return Math.max(0, accepted);
  }

  int levels() {
    return trunk() + shape.depth();
  }

  int nodes() {
    return trunk() + shape.nodes();
  }

  /** Nodes wanted on each level that is not given. */
  int[] widths() {
    int[] widths = new int[levels() - given()];
    Arrays.fill(widths, shape.width());
    if (trunk() > 0) {
      widths[0] = 1;
    }
    return widths;
  }

  /** The level of a node, which is its depth in the tree. */
  int level(int node) {
    return node < trunk() ? node : trunk() + (node - trunk()) / shape.width();
  }
}
