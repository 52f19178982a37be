package dev.dovetail.benchmarks;

import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A benchmark of operations of the CPU. Its numbers are random, and the same whenever it is opened
 * with the same parameters.
 */
public abstract class DeviceBenchmark extends ForkedBenchmark {
  Device device;
  private Random random;
  private final List<Buffer> buffers = new ArrayList<>();

  /** Starts the device and makes what its operation needs. */
  @Override
  public void open() {
    random = new Random(1);
    device = Cpu.open(kernels(), threads(), kv());
    prepare();
  }

  /** Gives the memory back and ends the threads. */
  @Override
  public void close() {
    release();
    buffers.forEach(Buffer::close);
    buffers.clear();
    device.close();
  }

  /** Tokens of a call. */
  abstract int tokens();

  abstract void prepare();

  /** Closes what {@link #prepare} made, but not its rows and constants. */
  void release() {}

  /** Panama's unless a benchmark has both. */
  String kernels() {
    return "panama";
  }

  /** One unless a benchmark shares its work. */
  int threads() {
    return 1;
  }

  /** How caches keep keys and values. */
  KvType kv() {
    return KvType.F32;
  }

  final float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  final int nextInt(int bound) {
    return random.nextInt(bound);
  }

  /** Normally distributed numbers {@code [tokens][width]}. */
  final Rows randomRows(int width) {
    Rows rows = emptyRows(width);
    device.write(normal(tokens() * width), 0, tokens(), rows);
    return rows;
  }

  final Rows emptyRows(int width) {
    Rows rows = Rows.allocate(device, tokens(), width);
    buffers.add(rows.buffer());
    return rows;
  }

  final Buffer constants(float[] values) {
    Buffer constants = device.upload(values);
    buffers.add(constants);
    return constants;
  }

  /** What rows hold, packed. */
  final float[] read(Rows rows) {
    float[] values = new float[tokens() * rows.width()];
    device.read(rows, tokens(), values, 0);
    return values;
  }
}
