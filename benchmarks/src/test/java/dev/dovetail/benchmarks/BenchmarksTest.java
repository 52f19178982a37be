package dev.dovetail.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * A benchmark measures something only if what it computes is right: whatever JMH would measure is
 * called once with each value of its parameters, held against its definition, and, where it has two
 * kinds of kernels, one against the other in every bit.
 */
class BenchmarksTest {
  private static final String KERNELS = "kernels";
  private static final CpuLoader PANAMA = new CpuLoader();
  private static final CpuLoader SCALAR = new CpuLoader();

  /** All that JMH finds, so that none can be forgotten here. */
  private static Stream<Method> methods() {
    return BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .stream()
        .map(entry -> method(entry.getUserClassQName(), entry.getUsername()));
  }

  private static Method method(String type, String name) {
    try {
      return Arrays.stream(Class.forName(type).getMethods())
          .filter(method -> method.isAnnotationPresent(Benchmark.class))
          .filter(method -> name.equals(type + "." + method.getName()))
          .findFirst()
          .orElseThrow();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  static Stream<BenchmarkCase> cases() {
    return methods()
        .flatMap(BenchmarkCase::of)
        // Whichever kernels a case names, it is called with both.
        .filter(wanted -> !"scalar".equals(wanted.parameters().get(KERNELS)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatItIsDefinedAs(BenchmarkCase wanted) throws Exception {
    if (!wanted.parameters().containsKey(KERNELS)) {
      PANAMA.call(() -> run(wanted, true));
      return;
    }
    float[] scalar = SCALAR.call(() -> run(wanted.with(KERNELS, "scalar"), true));
    float[] panama = PANAMA.call(() -> run(wanted.with(KERNELS, "panama"), false));
    assertThat(bits(panama)).as("panama's bits").isEqualTo(bits(scalar));
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  @ParameterizedTest
  @EnumSource
  void everyMatrixCanBeMeasured(WeightMatrix matrix) throws Exception {
    computesWhatItIsDefinedAs(
        cases()
            .filter(each -> each.method().getDeclaringClass() == MatmulBenchmark.class)
            .findFirst()
            .orElseThrow()
            .with("weights", "Q4_1")
            .with("matrix", matrix.name()));
  }

  @ParameterizedTest
  @ValueSource(classes = {MatmulBenchmark.class, EmbedBenchmark.class})
  void everyTypeOfWeightsIsMeasured(Class<?> benchmark) throws NoSuchFieldException {
    assertThat(benchmark.getField("weights").getAnnotation(Param.class).value())
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(EnumSet.of(TensorType.I32)).stream().map(Enum::name).toList());
  }

  @Test
  void countsTheBytesOfTheFile() throws Exception {
    MatmulBenchmark b = new MatmulBenchmark();
    b.weights = TensorType.Q4_K;
    b.model = Model.SMOLLM2;
    b.matrix = WeightMatrix.DOWN;
    b.n = 4;
    b.kernels = "scalar";
    Rates rates = new Rates();
    SCALAR.call(() -> {
      b.open();
      Object out = b.matmul(rates);
      b.close();
      return out;
    });
    int weights = 576 * 1536;
    assertThat(rates.gmac).isEqualTo(4 * weights / 1e9);
    assertThat(rates.gigabytes).isEqualTo(weights / 256 * 144 / 1e9);
  }

  @Test
  void refusesKernelsThatTheProcessDoesNotRun() throws Exception {
    PANAMA.call(() -> Cpu.open("panama", 1, KvType.F32)).close();
    assertThatThrownBy(() -> PANAMA.call(() -> Cpu.open("scalar", 1, KvType.F32)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("wanted scalar kernels, but this JVM chose panama-");
  }

  @Test
  void refusesRowsThatAreNoWholeBlocks() {
    try (Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> Weights.random(TensorType.Q4_K, 16, 576, arena))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Q4_K comes in blocks of 256 and a row has 576 columns: choose another type or"
                  + " matrix");
    }
  }

  /** Opens, calls once, and closes. */
  private static float[] run(BenchmarkCase wanted, boolean define)
      throws ReflectiveOperationException {
    ForkedBenchmark benchmark = wanted.newBenchmark();
    benchmark.open();
    String name = wanted.method().getName();
    Consumer<float[]> definition = define ? Definitions.of(benchmark, name) : any -> {};
    List<Object> counters = new ArrayList<>();
    for (Class<?> counter : wanted.method().getParameterTypes()) {
      counters.add(counter.getConstructor().newInstance());
    }
    float[] result = result(benchmark, wanted.method().invoke(benchmark, counters.toArray()));
    definition.accept(result);
    for (Object counter : counters) {
      for (Field field : counter.getClass().getFields()) {
        assertThat(field.getDouble(counter)).as(field.getName()).isPositive();
      }
    }
    benchmark.close();
    return result;
  }

  /** The numbers that a benchmark returned, or that what it returned holds. */
  private static float[] result(ForkedBenchmark benchmark, Object returned) {
    return switch (returned) {
      case Rows rows when benchmark instanceof DeviceBenchmark b -> b.read(rows);
      case KvCache cache when benchmark instanceof AppendBenchmark b -> {
        int width = b.model.heads * b.model.headDim;
        Rows q = b.emptyRows(width);
        Rows out = b.emptyRows(width);
        b.device.write(Definitions.queries(b), 0, b.tokens(), q);
        b.device.attention(cache, 0, b.layer.batch, q, 1, out);
        yield b.read(out);
      }
      case Integer token -> new float[] {token};
      default -> throw new AssertionError("what does a " + returned + " hold?");
    };
  }
}
