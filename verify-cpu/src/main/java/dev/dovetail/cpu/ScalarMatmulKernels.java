package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The plain loops: what the vector kernels compute, in the order in which they do, one output at a
 * time. Also the fallback where the vector module is missing.
 */
final class ScalarMatmulKernels implements MatmulKernels {
  @Override
  public void multiply(PanelPart part, int from, int to, MatmulCall call, MatmulScratch scratch) {
    float[] weights = new float[part.cols()];
    MemorySegment scales = MemorySegment.ofArray(new float[part.groups() * PanelPart.ROWS]);
    MemorySegment mins = MemorySegment.ofArray(new float[part.groups() * PanelPart.ROWS]);
    float[] sums = call.groupSums(part.format().groupSize());
    for (int panel = from; panel < to; panel++) {
      ScaleDecoder.decode(part, panel, 0, part.groups(), scales, mins);
      int firstRow = panel * PanelPart.ROWS;
      int rows = Math.min(PanelPart.ROWS, part.rows() - firstRow);
      for (int row = 0; row < rows; row++) {
        for (int k = 0; k < weights.length; k++) {
          weights[k] = part.weight(panel, k, row);
        }
        for (int t = 0; t < call.n; t++) {
          WeightKind kind = part.format().weights();
          float[] x = call.activations(kind);
          int at = call.activation(kind, t, 0);
          float y =
              kind.quantised()
                  ? quantised(part, weights, scales, mins, row, x, at, sums, t)
                  : chain(weights, x, at, 0, weights.length);
          scratch.acc.setAtIndex(ValueLayout.JAVA_FLOAT, t, y);
        }
        call.write(scratch.acc, 1, part.rowOffset() + firstRow + row, 1);
      }
    }
  }

  /** The sum over k of {@code from} to {@code to - 1}, in order. */
  private static float chain(float[] weights, float[] x, int at, int from, int to) {
    float acc = 0;
    for (int k = from; k < to; k++) {
      acc = Math.fma(weights[k], x[at + k], acc);
    }
    return acc;
  }

  private static float quantised(
      PanelPart part,
      float[] weights,
      MemorySegment scales,
      MemorySegment mins,
      int row,
      float[] x,
      int at,
      float[] sums,
      int token) {
    int groupSize = part.format().groupSize();
    int groups = part.groups();
    float acc = 0;
    for (int group = 0; group < groups; group++) {
      int first = group * groupSize;
      int second = first + groupSize / 2;
      float s =
          chain(weights, x, at, first, second) + chain(weights, x, at, second, first + groupSize);
      acc =
          Math.fma(scales.getAtIndex(ValueLayout.JAVA_FLOAT, group * PanelPart.ROWS + row), s, acc);
      if (part.format().hasMin()) {
        acc =
            Math.fma(
                mins.getAtIndex(ValueLayout.JAVA_FLOAT, group * PanelPart.ROWS + row),
                sums[token * groups + group],
                acc);
      }
    }
    return acc;
  }
}
