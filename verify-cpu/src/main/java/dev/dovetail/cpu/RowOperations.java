package dev.dovetail.cpu;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Rows;

/**
 * The device operations that treat each row by itself, over {@link ElementKernels}. For one pass at
 * a time.
 */
final class RowOperations {
  private final ElementKernels kernels;
  private final float[][] lanes; // [worker][Lanes.COUNT]
  private final float[][] turns; // [worker][2 * dimensions]
  private final RmsNorm rmsNorm;
  private final AddBias addBias;
  private final Rope rope;
  private final SiluMul siluMul;
  private final Silu silu;
  private final Gate gate;

  RowOperations(WorkerPool pool, ElementKernels kernels) {
    this.kernels = kernels;
    lanes = new float[pool.threads()][Lanes.COUNT];
    turns = new float[pool.threads()][0];
    rmsNorm = new RmsNorm(pool);
    addBias = new AddBias(pool);
    rope = new Rope(pool);
    siluMul = new SiluMul(pool);
    silu = new Silu(pool);
    gate = new Gate(pool);
  }

  /** Normalises each run of {@code span} elements of each row by itself. */
  void rmsNorm(Rows x, int span, Buffer weight, float epsilon, int n, Rows out) {
    assert x.width() % span == 0 && weight.length() >= span && out.width() == x.width();
    rmsNorm.x = x;
    rmsNorm.span = span;
    rmsNorm.weight = CpuBuffer.of(weight);
    rmsNorm.epsilon = epsilon;
    rmsNorm.out = out;
    rmsNorm.apply(n, x.width());
  }

  void addBias(Buffer bias, int n, Rows inOut) {
    assert bias.length() >= inOut.width();
    addBias.bias = CpuBuffer.of(bias);
    addBias.inOut = inOut;
    addBias.apply(n, inOut.width());
  }

  void rope(Rows angles, boolean interleaved, int headDim, int n, Rows inOut) {
    assert angles.width() <= headDim && angles.width() % 2 == 0 && inOut.width() % headDim == 0;
    rope.angles = angles;
    rope.interleaved = interleaved;
    rope.headDim = headDim;
    rope.inOut = inOut;
    rope.apply(n, inOut.width());
  }

  void siluMul(Rows gateRows, Rows up, int n, Rows out) {
    assert gateRows.width() == up.width() && up.width() == out.width();
    siluMul.gate = gateRows;
    siluMul.up = up;
    siluMul.out = out;
    siluMul.apply(n, out.width());
  }

  void silu(int n, Rows inOut) {
    silu.inOut = inOut;
    silu.apply(n, inOut.width());
  }

  void gate(Rows z, Rows h1, Rows h2, int n, Rows out) {
    assert z.width() == out.width() && h1.width() == out.width() && h2.width() == out.width();
    gate.z = z;
    gate.h1 = h1;
    gate.h2 = h2;
    gate.out = out;
    gate.apply(n, out.width());
  }

  private static int at(Rows rows, int row) {
    return rows.offset() + row * rows.stride();
  }

  private final class RmsNorm extends RowOperation {
    private Rows x;
    private int span;
    private float[] weight;
    private float epsilon;
    private Rows out;

    RmsNorm(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      float[] source = CpuBuffer.of(x);
      float[] destination = CpuBuffer.of(out);
      int from = at(x, row);
      int to = at(out, row);
      for (int i = 0; i < x.width(); i += span) {
        kernels.rmsNorm(
            source, from + i, weight, epsilon, span, destination, to + i, lanes[worker]);
      }
    }
  }

  private final class AddBias extends RowOperation {
    private float[] bias;
    private Rows inOut;

    AddBias(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      kernels.add(bias, 0, inOut.width(), CpuBuffer.of(inOut), at(inOut, row));
    }
  }

  private final class Rope extends RowOperation {
    private Rows angles;
    private boolean interleaved;
    private int headDim;
    private Rows inOut;

    Rope(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      int dimensions = angles.width();
      if (turns[worker].length < 2 * dimensions) {
        turns[worker] = new float[2 * dimensions];
      }
      spreadAngles(at(angles, row), turns[worker]);
      float[] values = CpuBuffer.of(inOut);
      int from = at(inOut, row);
      for (int head = 0; head < inOut.width(); head += headDim) {
        kernels.rotate(turns[worker], dimensions, interleaved, values, from + head);
      }
    }

    /** From cosine and sine of each pair to the factors of each element, once for all heads. */
    private void spreadAngles(int from, float[] factors) {
      float[] source = CpuBuffer.of(angles);
      int dimensions = angles.width();
      int pairs = dimensions / 2;
      for (int pair = 0; pair < pairs; pair++) {
        int first = interleaved ? 2 * pair : pair;
        int second = interleaved ? first + 1 : pair + pairs;
        float cosine = source[from + pair];
        float sine = source[from + pairs + pair];
        factors[first] = cosine;
        factors[second] = cosine;
        factors[dimensions + first] = -sine;
        factors[dimensions + second] = sine;
      }
    }
  }

  private final class SiluMul extends RowOperation {
    private Rows gate;
    private Rows up;
    private Rows out;

    SiluMul(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      kernels.siluMul(
          CpuBuffer.of(gate),
          at(gate, row),
          CpuBuffer.of(up),
          at(up, row),
          out.width(),
          CpuBuffer.of(out),
          at(out, row));
    }
  }

  private final class Silu extends RowOperation {
    private Rows inOut;

    Silu(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      kernels.silu(inOut.width(), CpuBuffer.of(inOut), at(inOut, row));
    }
  }

  private final class Gate extends RowOperation {
    private Rows z;
    private Rows h1;
    private Rows h2;
    private Rows out;

    Gate(WorkerPool pool) {
      super(pool);
    }

    @Override
    void row(int row, int worker) {
      kernels.gate(
          CpuBuffer.of(z),
          at(z, row),
          CpuBuffer.of(h1),
          at(h1, row),
          CpuBuffer.of(h2),
          at(h2, row),
          out.width(),
          CpuBuffer.of(out),
          at(out, row));
    }
  }
}
