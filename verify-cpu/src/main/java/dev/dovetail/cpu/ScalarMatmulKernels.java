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
    float[] x = new float[part.cols()];
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
          activations(part, call, t, x);
          float y =
              part.format().weights().quantised()
                  ? quantised(part, weights, scales, mins, row, x, sums, t)
                  : chain(weights, x, 0, weights.length);
          scratch.acc.setAtIndex(ValueLayout.JAVA_FLOAT, t, y);
        }
        call.write(scratch.acc, 1, part.rowOffset() + firstRow + row, 1);
      }
    }
  }

  /** A token's activations in order of k, for quantised weights as {@link MatmulCall} has them. */
  private static void activations(PanelPart part, MatmulCall call, int token, float[] x) {
    if (!part.format().weights().quantised()) {
      System.arraycopy(call.x, call.xOffset + token * call.xStride, x, 0, x.length);
      return;
    }
    float[] arranged = call.arranged(part.format());
    for (int k = 0; k < x.length; k++) {
      x[k] = arranged[token * x.length + part.format().position(k)];
    }
  }

  /** The sum over k of {@code from} to {@code to - 1}, in order. */
  private static float chain(float[] weights, float[] x, int from, int to) {
    float acc = 0;
    for (int k = from; k < to; k++) {
      acc = Math.fma(weights[k], x[k], acc);
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
      float[] sums,
      int token) {
    int groupSize = part.format().groupSize();
    int groups = part.groups();
    float acc = 0;
    for (int group = 0; group < groups; group++) {
      int first = group * groupSize;
      int second = first + groupSize / 2;
      float s = chain(weights, x, first, second) + chain(weights, x, second, first + groupSize);
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
