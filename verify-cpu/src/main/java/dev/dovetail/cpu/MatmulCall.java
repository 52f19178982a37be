package dev.dovetail.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /** {@code [n * fields]} for each quantised kind. */
  private final Map<WeightKind, float[]> activations = new EnumMap<>(WeightKind.class);

  /** {@code [n * groups]} for each format. */
  private final Map<PanelFormat, float[]> sums = new HashMap<>();

  private List<PanelFormat> formats = List.of();
  private int cols;
  private MatmulKernels kernels;

  /**
   * The activations as kernels of a quantised kind read them: one for each field, multiplied by
   * {@link WeightKind#inverse}. Those of tokens that are computed together, from {@code token} on,
   * begin at {@code token * fields} and stand side by side, {@code [fields][together]}.
   */
  float[] activations(WeightKind kind) {
    return activations.get(kind);
  }

  /**
   * What the mins of a format are multiplied by: {@link WeightKind#SUM_UNIT} of the sums of each
   * group's activations, in the order that {@link PanelMatrix} names; laid out as the activations,
   * {@code [groups][together]}. A format with a bias has its scale for a min, and {@code -bias}
   * times these sums.
   */
  float[] sums(PanelFormat format) {
    return sums.get(format);
  }

  /**
   * Makes room for what {@link #activations} and {@link #sums} give for some formats, whose parts
   * {@link #prepare} then computes.
   */
  void begin(List<PanelFormat> ofFormats, int ofCols, MatmulKernels withKernels) {
    formats = ofFormats;
    cols = ofCols;
    kernels = withKernels;
    for (PanelFormat format : formats) {
      WeightKind kind = format.weights();
      activations.put(kind, room(activations.getOrDefault(kind, NONE), kind.fields(cols)));
      sums.put(format, room(sums.getOrDefault(format, NONE), cols / format.groupSize()));
    }
  }

  /** Parts of the columns, for {@link #prepare}. */
  int parts() {
    return formats.isEmpty() ? 0 : (cols + PanelPart.BLOCK_COLS - 1) / PanelPart.BLOCK_COLS;
  }

  /** Computes what belongs to one part of the columns; several threads may share the parts. */
  void prepare(int part) {
    int first = part * PanelPart.BLOCK_COLS;
    int count = Math.min(PanelPart.BLOCK_COLS, cols - first);
    int together;
    for (int token = 0; token < n; token += together) {
      together = kernels.tokensAtATime(n - token);
      for (PanelFormat format : formats) {
        WeightKind kind = format.weights();
        float[] scaled = activations.get(kind);
        float[] sum = sums.get(format);
        int size = format.groupSize();
        for (int t = 0; t < together; t++) {
          int from = xOffset + (token + t) * xStride + first;
          int field = token * kind.fields(cols) + together * kind.fields(first) + t;
          kernels.scale(x, from, kind, scaled, field, together, count);
          int group = token * (cols / size) + together * (first / size) + t;
          float factor = format.bias() == 0 ? 1 : -format.bias();
          kernels.sumGroups(x, from, size, factor, sum, group, together, count / size);
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
