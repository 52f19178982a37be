package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The activations and the outputs of one multiplication. Reused; filled before the workers start.
 */
final class MatmulCall {
  private static final float[] NONE = {};

  float[] x;
  int xOffset;
  int xStride;
  int n;
  float[] y;
  int yOffset;
  int yStride;
  boolean add;

  /** {@code [n][fields]} for each quantised kind. */
  private final Map<WeightKind, float[]> activations = new EnumMap<>(WeightKind.class);

  /** {@code [n][groups]} for each format. */
  private final Map<PanelFormat, float[]> sums = new HashMap<>();

  /**
   * The activations as kernels of a quantised kind read them, {@code [n][fields]}: one for each
   * field, multiplied by {@link WeightKind#inverse}.
   */
  float[] activations(WeightKind kind) {
    return activations.get(kind);
  }

  /**
   * What the mins of a format are multiplied by, {@code [n][groups]}: {@link WeightKind#SUM_UNIT}
   * of the sums of a group's activations, in the order that {@link PanelMatrix} names. A format
   * with a bias has its scale for a min, and {@code -bias} times these sums.
   */
  float[] sums(PanelFormat format) {
    return sums.get(format);
  }

  /** Computes what {@link #activations} and {@link #sums} give for some formats. */
  void prepare(Set<PanelFormat> formats, int cols, MatmulKernels kernels) {
    for (PanelFormat format : formats) {
      WeightKind kind = format.weights();
      if (kind.quantised()) {
        scale(kind, cols);
        int groups = cols / format.groupSize();
        float[] sum = room(sums.getOrDefault(format, NONE), groups);
        sums.put(format, sum);
        for (int t = 0; t < n; t++) {
          kernels.sumGroups(x, xOffset + t * xStride, format.groupSize(), sum, t * groups, groups);
        }
        if (format.bias() != 0) {
          for (int i = 0; i < n * groups; i++) {
            sum[i] *= -format.bias();
          }
        }
      }
    }
  }

  /** A plain loop: the JIT makes vectors of it, but for the gaps of six bits. */
  private void scale(WeightKind kind, int cols) {
    int[] columns = kind.columns();
    float[] inverse = kind.inverse();
    int period = columns.length;
    float[] scaled = room(activations.getOrDefault(kind, NONE), kind.fields(cols));
    activations.put(kind, scaled);
    int to = 0;
    for (int t = 0; t < n; t++) {
      int from = xOffset + t * xStride;
      for (int k = from; k < from + cols; k += 16) {
        for (int i = 0; i < period; i++) {
          scaled[to + i] = x[k + columns[i]] * inverse[i];
        }
        to += period;
      }
    }
  }

  private float[] room(float[] old, int each) {
    return old.length < n * each ? new float[n * each] : old;
  }

  /**
   * Writes the outputs of some rows.
   *
   * @param acc {@code [n][stride]} f32
   * @param unit what outputs are multiplied by
   */
  void write(MemorySegment acc, int stride, float unit, int firstRow, int rows) {
    for (int t = 0; t < n; t++) {
      int to = yOffset + t * yStride + firstRow;
      long from = (long) t * stride;
      for (int i = 0; i < rows; i++) {
        float sum = acc.getAtIndex(ValueLayout.JAVA_FLOAT, from + i) * unit;
        y[to + i] = add ? y[to + i] + sum : sum;
      }
    }
  }
}
