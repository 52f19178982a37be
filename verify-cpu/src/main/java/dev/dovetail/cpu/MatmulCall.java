package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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

  /** What a weight is too large by where it stands, inverted, for k mod 8. */
  private static final float[] MASKED = {
    1, 0x1p-24f, 0x1p-20f, 0x1p-16f, 0x1p-12f, 0x1p-8f, 0x1p-4f, 1
  };

  private float[] masked = new float[0];
  private int maskedCols;
  private float[] sums16 = new float[0];
  private float[] sums32 = new float[0];

  /** The sums {@code [n][groups]} of the activations of each group. */
  float[] groupSums(int groupSize) {
    return groupSize == 16 ? sums16 : sums32;
  }

  /**
   * The activations as kernels of a kind read them: {@code x}, or for weights that are used in
   * place x times the power of two by which {@link PanelPart#weight} is too large.
   */
  float[] activations(WeightKind kind) {
    return kind.inPlace() ? masked : x;
  }

  /** Where weight k's activation of a token stands in {@link #activations}. */
  int activation(WeightKind kind, int token, int k) {
    return kind.inPlace() ? token * maskedCols + k : xOffset + token * xStride + k;
  }

  /** From one token to the next in {@link #activations}. */
  int activationStride(WeightKind kind) {
    return kind.inPlace() ? maskedCols : xStride;
  }

  /** Computes what {@link #activations} gives for weights that are used in place. */
  void mask(int cols) {
    maskedCols = cols;
    if (masked.length < n * cols) {
      masked = new float[n * cols];
    }
    for (int t = 0; t < n; t++) {
      int from = xOffset + t * xStride;
      for (int k = 0; k < cols; k++) {
        masked[t * cols + k] = x[from + k] * MASKED[k % MASKED.length];
      }
    }
  }

  /** Computes what {@link #groupSums} gives, in the order that {@link PanelMatrix} names. */
  void sumGroups(int groupSize, int groups) {
    if (groupSums(groupSize).length < n * groups) {
      float[] grown = new float[n * groups];
      if (groupSize == 16) {
        sums16 = grown;
      } else {
        sums32 = grown;
      }
    }
    float[] sums = groupSums(groupSize);
    for (int t = 0; t < n; t++) {
      int from = xOffset + t * xStride;
      for (int group = 0; group < groups; group++) {
        sums[t * groups + group] = sum(x, from + group * groupSize, groupSize);
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
