package dev.dovetail.engine.selftest;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.selftest.Operation.Call;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Each operation of a device beside the same operation of another one, on the same random numbers:
 * how far the results differ, and how long the tested device takes. For one thread, and one run at
 * a time.
 */
public final class DeviceSelfTest {
  private static final int REPEATS = 5;

  /** Of a draft's pass over a prompt. */
  private static final int PROMPT_TOKENS = 128;

  private static final double MATMUL_TOLERANCE = 1e-5;

  private final Device tested;
  private final Device reference;
  private final SelfTestSizes sizes;
  private final long seed;
  private final Consumer<String> progress;
  private final List<OperationCheck> checks = new ArrayList<>();

  /**
   * @param tested its memory must have room for the largest matrix, or for {@link
   *     SelfTestSizes#coldBytes} where that is more, and for half as much again
   * @param reference what it is compared with; with caches of the same type
   * @param seed of the random numbers
   * @param progress is told what comes next
   */
  public DeviceSelfTest(
      Device tested, Device reference, SelfTestSizes sizes, long seed, Consumer<String> progress) {
    this.tested = tested;
    this.reference = reference;
    this.sizes = sizes;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * Tests and measures all operations.
   *
   * @throws IllegalStateException if the tested device fails instead of giving a result; the
   *     message names the operation, the cause is its {@link DeviceFailure}
   */
  public DeviceReport run() {
    checks.clear();
    OptionalLong before = tested.heldBytes();
    progress.accept("limits");
    DeviceLimits limits = guarded("measuring its limits", tested::measureLimits);
    for (TensorType type : RandomWeights.TYPES) {
      for (int width : sizes.widths()) {
        progress.accept("matmul %s, %d".formatted(type, width));
        guarded("matmul " + type, () -> matrices(type, width));
      }
    }
    int width = sizes.widths().getLast();
    for (TensorType type : RandomWeights.TYPES) {
      try (Arena arena = Arena.ofShared()) {
        Tensor table = RandomWeights.tensor(type, sizes.vocabulary(), width, random(), arena);
        check(new RowOperations(sizes.tokens().getLast(), width).embed(table));
      }
    }
    for (int n : sizes.tokens()) {
      rowOperations(n, width).forEach(this::check);
      AttentionOperations attention = new AttentionOperations(sizes, n);
      check(attention.append());
      check(attention.attention());
    }
    OptionalLong left =
        before.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(tested.heldBytes().orElseThrow() - before.getAsLong());
    return new DeviceReport(tested.description(), reference.description(), limits, checks, left);
  }

  private Stream<Operation> rowOperations(int n, int width) {
    RowOperations rows = new RowOperations(n, width);
    return Stream.of(
        rows.write(),
        rows.writeHalf(),
        rows.read(),
        rows.copy(),
        rows.gatherParents(),
        rows.rmsNorm(),
        rows.rmsNormHeads(sizes.headDim()),
        rows.addBias(),
        rows.rope(sizes.headDim(), false),
        rows.rope(sizes.headDim(), true),
        rows.silu(),
        rows.siluMul(),
        rows.gate());
  }

  /** Matrices of one type and size, which all numbers of tokens share. */
  private Boolean matrices(TensorType type, int width) {
    try (Arena arena = Arena.ofShared();
        Allocation testedMemory = new Allocation(tested);
        Allocation referenceMemory = new Allocation(reference)) {
      List<Tensor> tensor = List.of(RandomWeights.tensor(type, width, width, random(), arena));
      List<Matrix> copies = new ArrayList<>();
      do {
        copies.add(testedMemory.matrix(tensor));
      } while (copies.size() * copies.getFirst().bytes() < sizes.coldBytes());
      IdentityHashMap<Device, List<Matrix>> matrices = new IdentityHashMap<>();
      matrices.put(tested, copies);
      matrices.put(reference, List.of(referenceMemory.matrix(tensor)));
      long bytes = copies.getFirst().bytes();
      for (int n : sizes.tokens()) {
        check(multiply(type, width, n, false, bytes, matrices));
      }
      check(multiply(type, width, sizes.tokens().getLast(), true, bytes, matrices));
      matrices.put(tested, List.of(testedMemory.draftMatrix(tensor)));
      check(multiply(type, width, PROMPT_TOKENS, false, bytes, matrices));
    }
    return true;
  }

  private static Operation multiply(
      TensorType type,
      int width,
      int n,
      boolean add,
      long bytes,
      IdentityHashMap<Device, List<Matrix>> matrices) {
    long activations = (add ? 3L : 2L) * n * width * Float.BYTES;
    return new Operation(
        (add ? "matmul, added, " : "matmul ") + type,
        "%d x %d -> %d".formatted(n, width, width),
        MATMUL_TOLERANCE,
        bytes + activations,
        (long) n * width * width,
        (device, memory, random) -> {
          Rows x = RowOperations.rows(device, memory, n, width, random);
          Rows out = RowOperations.rows(device, memory, n, width, random);
          List<Matrix> turns = matrices.get(device);
          return new Call(
              calls -> {
                Matrix w = turns.get(calls % turns.size());
                if (add) {
                  device.matmulAdd(w, x, n, out);
                } else {
                  device.matmul(w, x, n, out);
                }
              },
              () -> {},
              out,
              n);
        });
  }

  /** Numbers that depend on the seed and on what was checked before. */
  private SplittableRandom random() {
    return new SplittableRandom(seed + checks.size());
  }

  private void check(Operation operation) {
    progress.accept(operation.name() + ", " + operation.shape());
    checks.add(guarded(operation.name(), () -> checked(operation)));
  }

  private OperationCheck checked(Operation operation) {
    float[] expected;
    try (Allocation memory = new Allocation(reference)) {
      expected = result(reference, operation.preparation().prepare(reference, memory, random()));
    }
    try (Allocation memory = new Allocation(tested)) {
      Call call = operation.preparation().prepare(tested, memory, random());
      float[] actual = result(tested, call);
      return new OperationCheck(
          operation.name(),
          operation.shape(),
          error(expected, actual),
          operation.tolerance(),
          micros(call),
          operation.bytes(),
          operation.macs());
    }
  }

  /** Runs with the device to itself, and says which operation failed where it does. */
  private <T> T guarded(String what, Supplier<T> work) {
    tested.lock().lock();
    reference.lock().lock();
    try {
      return work.get();
    } catch (DeviceFailure e) {
      throw new IllegalStateException("%s: %s failed".formatted(e.getMessage(), what), e);
    } finally {
      reference.lock().unlock();
      tested.lock().unlock();
    }
  }

  private static float[] result(Device device, Call call) {
    call.run().accept(0);
    call.settle().run();
    float[] result = new float[call.n() * call.out().width()];
    device.read(call.out(), call.n(), result, 0);
    return result;
  }

  private static double error(float[] expected, float[] actual) {
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
    }
    return difference == 0 ? 0 : difference / largest;
  }

  /** The best of several batches, each queued as a whole and then waited for. */
  private double micros(Call call) {
    Rows small = new Rows(call.out().buffer(), call.out().offset(), 1, 1);
    float[] number = new float[1];
    double best = Double.POSITIVE_INFINITY;
    int batch = 1;
    int calls = 1;
    for (int i = 0; i < REPEATS; ) {
      long start = System.nanoTime();
      for (int k = 0; k < batch; k++) {
        call.run().accept(calls++);
      }
      tested.read(small, 1, number, 0);
      long nanos = System.nanoTime() - start;
      best = Math.min(best, Math.max(1, nanos) / 1e3 / batch);
      if (nanos < sizes.batchMs() * 1e6) {
        batch *= 2;
      } else {
        i++;
      }
    }
    return best;
  }
}
