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
  private static final float[] IN_PLACE = {
    1, 0x1p-24f, 0x1p-20f, 0x1p-16f, 0x1p-12f, 0x1p-8f, 0x1p-4f, 1
  };

  /** By {@link #arrangement}. */
  private final float[][] arranged = new float[4][0];

  private float[] sums16 = new float[0];
  private float[] sums32 = new float[0];

  /** The sums {@code [n][groups]} of the activations of each group. */
  float[] groupSums(int groupSize) {
    return groupSize == 16 ? sums16 : sums32;
  }

  /**
   * The activations {@code [n][cols]} as kernels of a quantised format read them: in the order of
   * its words ({@link PanelFormat#position}), and, where weights are used in place, multiplied by
   * the power of two by which {@link PanelPart#weight} is too large.
   */
  float[] arranged(PanelFormat format) {
    return arranged[arrangement(format)];
  }

  /** Computes what {@link #arranged} gives. */
  void arrange(PanelFormat format, int cols) {
    int which = arrangement(format);
    if (arranged[which].length < n * cols) {
      arranged[which] = new float[n * cols];
    }
    float[] to = arranged[which];
    int perWord = format.weights().perWord();
    boolean inPlace = format.weights().inPlace();
    for (int k = 0; k < cols; k += perWord) {
      int at = format.position(k);
      for (int t = 0; t < n; t++) {
        int from = xOffset + t * xStride + k;
        if (inPlace) {
          for (int j = 0; j < IN_PLACE.length; j++) {
            to[t * cols + at + j] = x[from + j] * IN_PLACE[j];
          }
        } else {
          System.arraycopy(x, from, to, t * cols + at, perWord);
        }
      }
    }
  }

  /** Formats of one number share an arrangement. */
  static int arrangement(PanelFormat format) {
    return (format.weights().inPlace() ? 0 : 2) + (format.groupSize() == 16 ? 0 : 1);
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
