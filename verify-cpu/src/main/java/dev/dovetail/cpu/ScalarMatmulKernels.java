package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

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
    MemorySegment ownMins = MemorySegment.ofArray(new float[part.groups() * PanelPart.ROWS]);
    int bias = part.format().bias();
    float unit = part.unit();
    MemorySegment mins = bias == 0 ? ownMins : scales;
    for (int panel = from; panel < to; panel++) {
      ScaleDecoder.decode(part, panel, 0, part.groups(), scales, ownMins);
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
                  ? quantised(part, weights, scales, mins, row, x, call.sums(bias), t)
                  : chain(weights, x, 0, weights.length);
          scratch.acc.setAtIndex(ValueLayout.JAVA_FLOAT, t, y);
        }
        call.write(scratch.acc, 1, unit, part.rowOffset() + firstRow + row, 1);
      }
    }
  }

  private static void activations(PanelPart part, MatmulCall call, int token, float[] x) {
    WeightKind kind = part.format().weights();
    if (kind.quantised()) {
      System.arraycopy(call.activations(kind), token * x.length, x, 0, x.length);
    } else {
      System.arraycopy(call.x, call.xOffset + token * call.xStride, x, 0, x.length);
    }
  }

  @Override
  public void scale(float[] x, int from, float[] factors, float[] out, int to, int count) {
    for (int k = 0; k < count; k++) {
      out[to + k] = x[from + k] * factors[k % PanelPart.SPAN];
    }
  }

  @Override
  public void sumSpans(float[] x, int from, float[] out, int to, int spans) {
    float[] sums = new float[4];
    for (int span = 0; span < spans; span++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < PanelPart.SPAN; k++) {
        sums[k % 4] += x[from + span * PanelPart.SPAN + k];
      }
      out[to + span] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) * WeightKind.SUM_UNIT;
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
    int spans = part.cols() / PanelPart.SPAN;
    int spansPerGroup = part.format().groupSize() / PanelPart.SPAN;
    int runs = part.format().weights().runs();
    int run = PanelPart.SPAN / runs;
    float acc = 0;
    for (int span = 0; span < spans; span++) {
      int first = span * PanelPart.SPAN;
      float sum = sums[token * spans + span];
      float s = chain(weights, x, first, first + run);
      for (int i = 1; i < runs; i++) {
        int end = i + 1 < runs ? first + (i + 1) * run : first + PanelPart.SPAN;
        s += chain(weights, x, first + i * run, end);
      }
      int at = span / spansPerGroup * PanelPart.ROWS + row;
      acc = Math.fma(scales.getAtIndex(ValueLayout.JAVA_FLOAT, at), s, acc);
      acc = Math.fma(mins.getAtIndex(ValueLayout.JAVA_FLOAT, at), sum, acc);
    }
    return acc;
  }
}
