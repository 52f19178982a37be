package dev.dovetail.cpu;

/**
 * The plain loops: what the vector kernels compute, in the order in which they do, one output at a
 * time. Also the fallback where the vector module is missing.
 */
final class ScalarMatmulKernels implements MatmulKernels {
  @Override
  public void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    int lastPanel = Math.min(part.panels(), 2 * to);
    float[] weights = new float[part.cols()];
    float[] scales = new float[part.groups() * PanelPart.LANES];
    float[] mins = new float[scales.length];
    float[] sums = call.groupSums(part.format().groupSize());
    for (int panel = 2 * from; panel < lastPanel; panel++) {
      ScaleDecoder.decode(part, panel, 0, part.groups(), scales, mins, 0, PanelPart.LANES);
      int firstRow = panel * PanelPart.LANES;
      int rows = Math.min(PanelPart.LANES, part.rows() - firstRow);
      for (int lane = 0; lane < rows; lane++) {
        for (int k = 0; k < weights.length; k++) {
          weights[k] = part.weight(panel, k, lane);
        }
        for (int t = 0; t < call.n; t++) {
          WeightKind kind = part.format().weights();
          float[] x = call.activations(kind);
          int at = call.activation(kind, t, 0);
          scratch.acc[t] =
              kind.quantised()
                  ? quantised(part, weights, scales, mins, lane, x, at, sums, t)
                  : plain(weights, x, at);
        }
        call.write(scratch.acc, 1, part.rowOffset() + firstRow + lane, 1);
      }
    }
  }

  private static float plain(float[] weights, float[] x, int at) {
    float acc = 0;
    for (int k = 0; k < weights.length; k++) {
      acc = Math.fma(weights[k], x[at + k], acc);
    }
    return acc;
  }

  private static float quantised(
      PanelPart part,
      float[] weights,
      float[] scales,
      float[] mins,
      int lane,
      float[] x,
      int at,
      float[] sums,
      int token) {
    int groupSize = part.format().groupSize();
    int groups = part.groups();
    float acc = 0;
    for (int group = 0; group < groups; group++) {
      float s = 0;
      for (int k = group * groupSize; k < (group + 1) * groupSize; k++) {
        s = Math.fma(weights[k], x[at + k], s);
      }
      acc = Math.fma(scales[group * PanelPart.LANES + lane], s, acc);
      if (part.format().hasMin()) {
        acc = Math.fma(mins[group * PanelPart.LANES + lane], sums[token * groups + group], acc);
      }
    }
    return acc;
  }
}
