package dev.dovetail.cpu;

import static dev.dovetail.cpu.PanamaSpecies.FLOATS;
import static dev.dovetail.cpu.PanamaSpecies.LANES;
import static dev.dovetail.cpu.WeightKind.SUM_UNIT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What kernels for quantised weights need of the activations, by vectors. */
final class PanamaActivations {
  /** The four sums of a group side by side. */
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

  /** For what vectors are no help with. */
  private static final ScalarMatmulKernels SCALAR = new ScalarMatmulKernels();

  private PanamaActivations() {}

  static void scale(
      float[] x, int from, WeightKind kind, float[] out, int to, int step, int count) {
    if (step == 1 && kind.fields(count) == count) {
      float[] inverse = kind.inverse();
      for (int k = 0; k < count; k += LANES) {
        FloatVector.fromArray(FLOATS, x, from + k)
            .mul(FloatVector.fromArray(FLOATS, inverse, k % WeightKind.PERIOD))
            .intoArray(out, to + k);
      }
    } else {
      SCALAR.scale(x, from, kind, out, to, step, count);
    }
  }

  static void sumGroups(
      float[] x, int from, int size, float factor, float[] out, int to, int step, int groups) {
    float unit = SUM_UNIT * factor;
    int k = from;
    for (int group = 0; group < groups; group++) {
      FloatVector sums = FloatVector.zero(FOUR);
      for (int end = k + size; k < end; k += 4) {
        sums = sums.add(FloatVector.fromArray(FOUR, x, k));
      }
      float sum = (sums.lane(0) + sums.lane(1)) + (sums.lane(2) + sums.lane(3));
      out[to + group * step] = sum * unit;
    }
  }
}
