package dev.dovetail.cpu;

import static dev.dovetail.cpu.WeightKind.SUM_UNIT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What kernels for quantised weights need of the activations, by vectors. */
final class PanamaActivations {
  /** The four sums of a group side by side. */
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

  private PanamaActivations() {}

  static void sumGroups(float[] x, int from, int size, float[] out, int to, int groups) {
    int k = from;
    for (int group = 0; group < groups; group++) {
      FloatVector sums = FloatVector.zero(FOUR);
      for (int end = k + size; k < end; k += 4) {
        sums = sums.add(FloatVector.fromArray(FOUR, x, k));
      }
      out[to + group] = ((sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3))) * SUM_UNIT;
    }
  }
}
