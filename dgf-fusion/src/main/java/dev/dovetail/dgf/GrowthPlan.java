package dev.dovetail.dgf;

import dev.dovetail.engine.round.TreeShape;
import java.util.Arrays;

/**
 * Levels of a tree to be drafted: those of a chain of known tokens, and the shape's behind it.
 *
 * @param given tokens of the chain
 */
record GrowthPlan(int given, TreeShape shape) {
  int levels() {
    return given + shape.depth();
  }

  int nodes() {
    return given + shape.nodes();
  }

  /** Nodes wanted on each of the shape's levels. */
  int[] widths() {
    int[] widths = new int[shape.depth()];
    Arrays.fill(widths, shape.width());
    return widths;
  }

  /** The level of a node, which is its depth in the tree. */
  int level(int node) {
    return node < given ? node : given + (node - given) / shape.width();
  }
}
