package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * The activations and the outputs of one multiplication. Reused; filled before the workers start.
 */
final class MatmulCall {
  /** Biases are at most 128. */
  private static final int MOST_BIAS_BITS = 8;

  private static final float[] NONE = {};

  float[] x;
  int xOffset;
  int xStride;
  int n;
  float[] y;
  int yOffset;
  int yStride;
  boolean add;

  /** {@code [n][cols]} for each quantised kind. */
  private final Map<WeightKind, float[]> activations = new EnumMap<>(WeightKind.class);

  /** {@code [n][cols / SPAN]}, by the bits that a bias takes. */
  private final float[][] sums = new float[MOST_BIAS_BITS + 1][0];

  /**
   * The activations {@code [n][cols]} as kernels of a quantised kind read them: multiplied by
   * {@link WeightKind#inverse}.
   */
  float[] activations(WeightKind kind) {
    return activations.get(kind);
  }

  /**
   * What mins are multiplied by, {@code [n][cols / SPAN]}: {@link WeightKind#SUM_UNIT} of the sums
   * of a span's activations, in the order that {@link PanelMatrix} names. A format with a bias has
   * its scale for a min, and {@code -bias} times these sums.
   */
  float[] sums(int bias) {
    return sums[bits(bias)];
  }

  private static int bits(int bias) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(bias);
  }

  /** Computes what {@link #activations} and {@link #sums} give for some formats. */
  void prepare(Set<PanelFormat> formats, int cols, MatmulKernels kernels) {
    boolean summed = false;
    for (PanelFormat format : formats) {
      WeightKind kind = format.weights();
      if (kind.quantised()) {
        float[] scaled = room(activations.getOrDefault(kind, NONE), cols);
        activations.put(kind, scaled);
        for (int t = 0; t < n; t++) {
          int from = xOffset + t * xStride;
          kernels.scale(x, from, kind.inverse(), scaled, t * cols, cols);
        }
        int spans = cols / PanelPart.SPAN;
        if (!summed) {
          sums[0] = room(sums[0], spans);
          for (int t = 0; t < n; t++) {
            kernels.sumSpans(x, xOffset + t * xStride, sums[0], t * spans, spans);
          }
          summed = true;
        }
        int bias = format.bias();
        if (bias != 0) {
          float[] biased = room(sums(bias), spans);
          for (int i = 0; i < n * spans; i++) {
            biased[i] = -bias * sums[0][i];
          }
          sums[bits(bias)] = biased;
        }
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
