package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Rows;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/**
 * The operations that treat each element, or each row, by itself, on rows as wide as a pass has
 * them. Where one changes its rows in place it works on what it left: turned again and again, grown
 * until nothing is added, sunk to zero. No kernel's time depends on the numbers but for a few calls
 * in which {@link #silu}'s are subnormal.
 */
public class ElementBenchmark extends DeviceBenchmark {
  static final float EPSILON = 1e-5f;

  @Param public Model model;

  /** Tokens of the pass. */
  @Param({"1", "4", "8", "16"})
  public int n;

  @Param({"panama", "scalar"})
  public String kernels;

  /** 0: as many as the engine takes by itself. */
  @Param("0")
  public int threads;

  Rows x;
  Rows y;
  Rows z;
  float[] normWeights;
  Rows qkv;
  float[] biases;
  Rows q;

  /** Cosines and sines: {@code [n][headDim]}. */
  Rows angles;

  /** Both halves of one product. */
  Rows gateUp;

  private Rows out;
  private Rows wide;
  private Rows gate;
  private Rows up;
  private Buffer norm;
  private Buffer bias;

  /** Bytes of one set of rows, in 10^9. */
  private double hiddenRows;

  private double qRows;
  private double qkvRows;
  private double wideRows;

  @Override
  int tokens() {
    return n;
  }

  @Override
  String kernels() {
    return kernels;
  }

  @Override
  int threads() {
    return threads;
  }

  @Override
  void prepare() {
    x = randomRows(model.width);
    y = randomRows(model.width);
    z = randomRows(model.width);
    out = emptyRows(model.width);
    normWeights = normal(model.width);
    norm = constants(normWeights);
    qkv = randomRows(model.qkvWidth());
    biases = normal(model.qkvWidth());
    bias = constants(biases);
    q = randomRows(model.heads * model.headDim);
    angles = randomAngles();
    gateUp = randomRows(2 * model.feedForward);
    gate = gateUp.columns(0, model.feedForward);
    up = gateUp.columns(model.feedForward, model.feedForward);
    wide = emptyRows(model.feedForward);
    hiddenRows = gigabytes(x);
    qRows = gigabytes(q);
    qkvRows = gigabytes(qkv);
    wideRows = gigabytes(wide);
  }

  private double gigabytes(Rows rows) {
    return (double) Float.BYTES * n * rows.width() / 1e9;
  }

  private Rows randomAngles() {
    int pairs = model.headDim / 2;
    float[] values = normal(n * model.headDim);
    for (int row = 0; row < n; row++) {
      for (int pair = 0; pair < pairs; pair++) {
        int cosine = row * model.headDim + pair;
        double angle = values[cosine];
        values[cosine] = (float) StrictMath.cos(angle);
        values[cosine + pairs] = (float) StrictMath.sin(angle);
      }
    }
    Rows rows = emptyRows(model.headDim);
    device.write(values, 0, n, rows);
    return rows;
  }

  /** {@code out = x / sqrt(mean(x^2) + epsilon) * weight}. */
  @Benchmark
  public Rows rmsNorm(Traffic traffic) {
    device.rmsNorm(x, norm, EPSILON, n, out);
    traffic.add(2 * hiddenRows);
    return out;
  }

  /** {@code qkv += bias}. */
  @Benchmark
  public Rows addBias(Traffic traffic) {
    device.addBias(bias, n, qkv);
    traffic.add(2 * qkvRows);
    return qkv;
  }

  /** Turns the queries, pair i being (i, i + headDim/2). */
  @Benchmark
  public Rows rope(Traffic traffic) {
    device.rope(angles, false, model.headDim, n, q);
    traffic.add(2 * qRows);
    return q;
  }

  /** {@code out = silu(gate) * up}. */
  @Benchmark
  public Rows siluMul(Traffic traffic) {
    device.siluMul(gate, up, n, wide);
    traffic.add(3 * wideRows);
    return wide;
  }

  /** {@code x = silu(x)}. */
  @Benchmark
  public Rows silu(Traffic traffic) {
    device.silu(n, x);
    traffic.add(2 * hiddenRows);
    return x;
  }

  /** {@code out = sigmoid(z) * x + (1 - sigmoid(z)) * y}. */
  @Benchmark
  public Rows gate(Traffic traffic) {
    device.gate(z, x, y, n, out);
    traffic.add(4 * hiddenRows);
    return out;
  }
}
