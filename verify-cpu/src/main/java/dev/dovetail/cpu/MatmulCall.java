package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/**
 * The activations and the outputs of one multiplication. Reused; filled before the workers start.
 */
final class MatmulCall {
  float[] x;
  int xOffset;
  int xStride;
  int n;
  float[] y;
  int yOffset;
  int yStride;
  boolean add;

  /** Sums of the activations {@code [n][cols / SPAN]}, in the order that PanelMatrix names. */
  float[] sums = new float[0];

  /** {@code [n][cols]} for words of eight and of four weights. */
  private final float[][] activations = new float[2][0];

  /**
   * The activations {@code [n][cols]} as kernels of a quantised kind read them: multiplied by the
   * power of two by which {@link PanelPart#weight} is too large.
   */
  float[] activations(WeightKind kind) {
    return activations[kind.perWord() == 8 ? 0 : 1];
  }

  /**
   * Computes what {@link #activations} gives for some kinds, and {@link #sums} if one needs them.
   */
  void prepare(Set<WeightKind> kinds, int cols) {
    boolean quantised = false;
    if (kinds.contains(WeightKind.FOUR_BIT) || kinds.contains(WeightKind.SIX_BIT)) {
      activations[0] = scaled(activations[0], WeightKind.FOUR_BIT, cols);
      quantised = true;
    }
    if (kinds.contains(WeightKind.EIGHT_BIT)) {
      activations[1] = scaled(activations[1], WeightKind.EIGHT_BIT, cols);
      quantised = true;
    }
    if (quantised) {
      sumSpans(cols / PanelPart.SPAN);
    }
  }

  private float[] scaled(float[] old, WeightKind kind, int cols) {
    float[] out = old.length < n * cols ? new float[n * cols] : old;
    float[] inverse = kind.inverse();
    for (int t = 0; t < n; t++) {
      int from = xOffset + t * xStride;
      int to = t * cols;
      for (int k = 0; k < cols; k += inverse.length) {
        for (int j = 0; j < inverse.length; j++) {
          out[to + k + j] = x[from + k + j] * inverse[j];
        }
      }
    }
    return out;
  }

  private void sumSpans(int spans) {
    if (sums.length < n * spans) {
      sums = new float[n * spans];
    }
    for (int t = 0; t < n; t++) {
      int from = xOffset + t * xStride;
      for (int span = 0; span < spans; span++) {
        sums[t * spans + span] = sum(x, from + span * PanelPart.SPAN, PanelPart.SPAN);
      }
    }
  }

  private static float sum(float[] x, int from, int count) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    for (int k = from; k < from + count; k += 4) {
      s0 += x[k];
      s1 += x[k + 1];
      s2 += x[k + 2];
      s3 += x[k + 3];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /**
   * Writes the outputs of some rows.
   *
   * @param acc {@code [n][stride]} f32
   */
  void write(MemorySegment acc, int stride, int firstRow, int rows) {
    for (int t = 0; t < n; t++) {
      int to = yOffset + t * yStride + firstRow;
      long from = (long) t * stride;
      if (add) {
        for (int i = 0; i < rows; i++) {
          y[to + i] += acc.getAtIndex(ValueLayout.JAVA_FLOAT, from + i);
        }
      } else {
        MemorySegment.copy(acc, ValueLayout.JAVA_FLOAT, 4 * from, y, to, rows);
      }
    }
  }
}
