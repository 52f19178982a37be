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
    int fields = part.format().weights().fields(part.cols());
    float[] weights = new float[fields];
    float[] x = new float[fields];
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
        part.readRow(panel, row, weights);
        for (int t = 0; t < call.n; t++) {
          activations(part, call, t, x);
          float y =
              part.format().weights().quantised()
                  ? quantised(part, weights, scales, mins, row, x, call.sums(part.format()), t)
                  : chain(weights, x, 0, weights.length);
          scratch.acc.setAtIndex(ValueLayout.JAVA_FLOAT, t, y);
        }
        call.write(scratch.acc, 1, unit, part.rowOffset() + firstRow + row, 1);
      }
    }
  }

  @Override
  public int tokensAtATime(int left) {
    return 1;
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
  public void scale(
      float[] x, int from, WeightKind kind, float[] out, int to, int step, int count) {
    int[] columns = kind.columns();
    float[] inverse = kind.inverse();
    int at = to;
    for (int k = from; k < from + count; k += WeightKind.PERIOD) {
      for (int i = 0; i < columns.length; i++) {
        out[at] = x[k + columns[i]] * inverse[i];
        at += step;
      }
    }
  }

  @Override
  public void sumGroups(
      float[] x, int from, int size, float factor, float[] out, int to, int step, int groups) {
    float[] sums = new float[4];
    for (int group = 0; group < groups; group++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < size; k++) {
        sums[k % 4] += x[from + group * size + k];
      }
      float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      out[to + group * step] = sum * (WeightKind.SUM_UNIT * factor);
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
    WeightKind kind = part.format().weights();
    int size = kind.fields(part.format().groupSize());
    float acc = 0;
    for (int group = 0; group < part.groups(); group++) {
      int at = group * PanelPart.ROWS + row;
      float scale = scales.getAtIndex(ValueLayout.JAVA_FLOAT, at);
      for (int k = group * size; k < (group + 1) * size; k += kind.run()) {
        acc = Math.fma(scale, chain(weights, x, k, k + kind.run()), acc);
      }
      float min = mins.getAtIndex(ValueLayout.JAVA_FLOAT, at);
      acc = Math.fma(min, sums[token * part.groups() + group], acc);
    }
    return acc;
  }
}
