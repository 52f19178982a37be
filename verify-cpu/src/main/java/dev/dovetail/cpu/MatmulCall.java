package dev.dovetail.cpu;

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

  private float[] sums16 = new float[0];
  private float[] sums32 = new float[0];

  /** The sums {@code [n][groups]} of the activations of each group. */
  float[] groupSums(int groupSize) {
    return groupSize == 16 ? sums16 : sums32;
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
   * @param acc {@code [n][stride]}
   */
  void write(float[] acc, int stride, int firstRow, int rows) {
    for (int t = 0; t < n; t++) {
      int to = yOffset + t * yStride + firstRow;
      int from = t * stride;
      if (add) {
        for (int i = 0; i < rows; i++) {
          y[to + i] += acc[from + i];
        }
      } else {
        System.arraycopy(acc, from, y, to, rows);
      }
    }
  }
}
