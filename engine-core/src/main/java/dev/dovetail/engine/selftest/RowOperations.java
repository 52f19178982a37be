package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.selftest.Operation.Call;
import dev.dovetail.engine.selftest.Operation.Preparation;
import dev.dovetail.models.Tensor;
import java.util.random.RandomGenerator;

/** The operations that do something with each row by itself. */
final class RowOperations {
  private static final float EPSILON = 1e-5f;

  private final int n;
  private final int width;

  /**
   * @param n rows
   * @param width of a row
   */
  RowOperations(int n, int width) {
    this.n = n;
    this.width = width;
  }

  /**
   * @param rows how many times {@code n} rows are read or written
   */
  private Operation operation(String name, double tolerance, int rows, Preparation preparation) {
    return new Operation(name, n + " x " + width, tolerance, bytes(rows), 0, preparation);
  }

  private long bytes(int rows) {
    return (long) rows * n * width * Float.BYTES;
  }

  Operation write() {
    return operation(
        "write",
        0,
        1,
        (device, memory, random) -> {
          float[] values = numbers(n * width, random);
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.write(values, 0, n, out));
        });
  }

  Operation writeHalf() {
    return operation(
        "write f16",
        0,
        1,
        (device, memory, random) -> {
          float[] values = numbers(n * width, random);
          short[] halves = new short[values.length];
          for (int i = 0; i < halves.length; i++) {
            halves[i] = Float.floatToFloat16(values[i]);
          }
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.writeHalf(halves, 0, n, out));
        });
  }

  Operation read() {
    return operation(
        "read",
        0,
        1,
        (device, memory, random) -> {
          Rows x = rows(device, memory, n, width, random);
          float[] values = new float[n * width];
          return Call.of(x, n, () -> device.read(x, n, values, 0));
        });
  }

  Operation embed(Tensor table) {
    return new Operation(
        "embed " + table.type(),
        n + " of " + table.rows() + " x " + width,
        0,
        n * table.rowBytes() + bytes(1),
        0,
        (device, memory, random) -> {
          EmbeddingTable embedding = memory.embedding(table);
          TreeBatch batch = TreeBatch.chain(random.ints(n, 0, table.rows()).toArray());
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.embed(embedding, batch, out));
        });
  }

  Operation copy() {
    return operation(
        "copy",
        0,
        2,
        (device, memory, random) -> {
          Rows x = rows(device, memory, n, width, random);
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.copy(x, n, out));
        });
  }

  Operation gatherParents() {
    return operation(
        "gather",
        0,
        2,
        (device, memory, random) -> {
          TreeBatch batch = new TreeBatch(n);
          for (int i = 0; i < n; i++) {
            batch.add(0, random.nextInt(i + 1) - 1);
          }
          Rows x = rows(device, memory, n + 1, width, random);
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.gatherParents(x, batch, out));
        });
  }

  Operation rmsNorm() {
    return operation(
        "rms norm",
        2e-6,
        2,
        (device, memory, random) -> {
          Buffer weight = memory.upload(numbers(width, random));
          Rows x = rows(device, memory, n, width, random);
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.rmsNorm(x, weight, EPSILON, n, out));
        });
  }

  Operation rmsNormHeads(int headDim) {
    return operation(
        "rms norm of heads",
        2e-6,
        2,
        (device, memory, random) -> {
          Buffer weight = memory.upload(numbers(headDim, random));
          Rows x = rows(device, memory, n, width, random);
          return Call.of(x, n, () -> device.rmsNormHeads(headDim, weight, EPSILON, n, x));
        });
  }

  Operation addBias() {
    return operation(
        "bias",
        0,
        2,
        (device, memory, random) -> {
          Buffer bias = memory.upload(numbers(width, random));
          Rows x = rows(device, memory, n, width, random);
          return Call.of(x, n, () -> device.addBias(bias, n, x));
        });
  }

  Operation rope(int headDim, boolean interleaved) {
    return operation(
        interleaved ? "rope, interleaved" : "rope",
        1e-6,
        2,
        (device, memory, random) -> {
          float[] angles = new float[n * headDim];
          int pairs = headDim / 2;
          for (int i = 0; i < n; i++) {
            for (int pair = 0; pair < pairs; pair++) {
              double angle = random.nextDouble(2 * Math.PI);
              angles[i * headDim + pair] = (float) Math.cos(angle);
              angles[i * headDim + pairs + pair] = (float) Math.sin(angle);
            }
          }
          Rows turns = memory.rows(n, headDim);
          device.write(angles, 0, n, turns);
          Rows x = rows(device, memory, n, width, random);
          return Call.of(x, n, () -> device.rope(turns, interleaved, headDim, n, x));
        });
  }

  Operation silu() {
    return operation(
        "silu",
        1e-6,
        2,
        (device, memory, random) -> {
          Rows x = rows(device, memory, n, width, random);
          return Call.of(x, n, () -> device.silu(n, x));
        });
  }

  Operation siluMul() {
    return operation(
        "silu times up",
        1e-6,
        3,
        (device, memory, random) -> {
          Rows both = rows(device, memory, n, 2 * width, random);
          Rows out = memory.rows(n, width);
          return Call.of(
              out,
              n,
              () -> device.siluMul(both.columns(0, width), both.columns(width, width), n, out));
        });
  }

  Operation gate() {
    return operation(
        "gate",
        1e-6,
        4,
        (device, memory, random) -> {
          Rows z = rows(device, memory, n, width, random);
          Rows h1 = rows(device, memory, n, width, random);
          Rows h2 = rows(device, memory, n, width, random);
          Rows out = memory.rows(n, width);
          return Call.of(out, n, () -> device.gate(z, h1, h2, n, out));
        });
  }

  /** Random rows on a device. */
  static Rows rows(Device device, Allocation memory, int n, int width, RandomGenerator random) {
    Rows rows = memory.rows(n, width);
    device.write(numbers(n * width, random), 0, n, rows);
    return rows;
  }

  /** Normally distributed. */
  static float[] numbers(int count, RandomGenerator random) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
