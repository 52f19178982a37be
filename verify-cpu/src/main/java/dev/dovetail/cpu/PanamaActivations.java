package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.PanelPart.SPAN;
import static dev.dovetail.cpu.WeightKind.SUM_UNIT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What kernels for quantised weights need of the activations, by vectors. */
final class PanamaActivations {
  /** The four sums of a span side by side. */
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

  private PanamaActivations() {}

  static void scale(float[] x, int from, float[] factors, float[] out, int to, int count) {
    for (int k = 0; k < count; k += LANES) {
      FloatVector.fromArray(FLOATS, x, from + k)
          .mul(FloatVector.fromArray(FLOATS, factors, k % SPAN))
          .intoArray(out, to + k);
    }
  }

  static void sumSpans(float[] x, int from, float[] out, int to, int spans) {
    for (int i = 0; i < spans; i++) {
      int k = from + i * SPAN;
      FloatVector sums =
          FloatVector.zero(FOUR)
              .add(FloatVector.fromArray(FOUR, x, k))
              .add(FloatVector.fromArray(FOUR, x, k + 4))
              .add(FloatVector.fromArray(FOUR, x, k + 8))
              .add(FloatVector.fromArray(FOUR, x, k + 12));
      out[to + i] = ((sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3))) * SUM_UNIT;
    }
  }
}
