package dev.dovetail.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.weights.Dequantize;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Param;

/**
 * A benchmark measures something only if what it computes is right: every combination of its
 * parameters, once.
 */
class BenchmarksTest {
  /** Rows of a product that are compared, spread over all. */
  private static final int ROWS = 48;

  static Stream<Arguments> products() {
    return parameters(MatmulBenchmark.class, "weights").stream()
        // The largest take a second each to make; the others have shown every type and n.
        .filter(weights -> !weights.contains("8960") || weights.startsWith("Q4_1"))
        .flatMap(weights ->
            parameters(MatmulBenchmark.class, "n").stream()
                .map(n -> Arguments.of(weights, Integer.parseInt(n))));
  }

  @ParameterizedTest
  @MethodSource("products")
  void productsAreRight(String weights, int n) {
    MatmulBenchmark benchmark = new MatmulBenchmark();
    benchmark.weights = weights;
    benchmark.n = n;
    benchmark.threads = 2;
    benchmark.open();
    Rates rates = new Rates();
    float[] out = Cpu.read(benchmark.device, benchmark.matmul(rates), n);
    float[] x = Cpu.read(benchmark.device, benchmark.x, n);
    int rows = benchmark.tensor.rows();
    int cols = benchmark.tensor.cols();
    float[] w = new float[cols];
    for (int row = 0; row < rows; row += Math.max(1, rows / ROWS)) {
      Dequantize.row(benchmark.tensor, row, w, 0);
      for (int token = 0; token < n; token++) {
        double sum = 0;
        for (int k = 0; k < cols; k++) {
          sum += (double) w[k] * x[token * cols + k];
        }
        // Outputs are near one; a chain of 1,536 f32 sums rounds by a few 1e-6.
        assertThat((double) out[token * rows + row])
            .as("%s, token %d, row %d", weights, token, row)
            .isCloseTo(sum, within(5e-5));
      }
    }
    assertThat(rates.gmac).isEqualTo(1e-9 * n * rows * cols, within(1e-12));
    assertThat(rates.gigabytes).isGreaterThanOrEqualTo(benchmark.tensor.data().byteSize() / 1e9);
    benchmark.close();
  }

  static Stream<Arguments> attentions() {
    return parameters(AttentionBenchmark.class, "heads").stream()
        .flatMap(heads ->
            parameters(AttentionBenchmark.class, "prefix").stream()
                .flatMap(prefix ->
                    parameters(AttentionBenchmark.class, "n").stream()
                        .flatMap(n ->
                            parameters(AttentionBenchmark.class, "kv").stream()
                                .map(kv -> Arguments.of(heads, prefix, n, kv)))));
  }

  @ParameterizedTest
  @MethodSource("attentions")
  void attentionIsRight(String heads, int prefix, int n, KvType kv) {
    AttentionBenchmark benchmark = new AttentionBenchmark();
    benchmark.heads = heads;
    benchmark.prefix = prefix;
    benchmark.n = n;
    benchmark.kv = kv;
    benchmark.threads = 2;
    benchmark.open();
    float[] out = Cpu.read(benchmark.device, benchmark.attention(new Rates()), n);
    float[] q = Cpu.read(benchmark.device, benchmark.q, n);
    int width = benchmark.headDim;
    for (int i = 0; i < n; i++) {
      for (int head = 0; head < benchmark.queryHeads; head++) {
        int from = (i * benchmark.queryHeads + head) * width;
        double[] expected = plainAttention(benchmark, q, from, head, prefix + i + 1);
        for (int d = 0; d < width; d++) {
          assertThat((double) out[from + d])
              .as("%s %s, prefix %d, node %d, head %d, %d", kv, heads, prefix, i, head, d)
              .isCloseTo(expected[d], within(1e-5));
        }
      }
    }
    benchmark.close();
  }

  /** By definition, in double: over the first {@code length} tokens. */
  private static double[] plainAttention(
      AttentionBenchmark b, float[] q, int from, int head, int length) {
    int column = head / (b.queryHeads / b.kvHeads) * b.headDim;
    int stride = b.kvHeads * b.headDim;
    double[] out = new double[b.headDim];
    double sum = 0;
    for (int p = 0; p < length; p++) {
      double score = 0;
      for (int d = 0; d < b.headDim; d++) {
        score += (double) q[from + d] * kept(b, b.keys[p * stride + column + d]);
      }
      // Scores of normal numbers stay small: no maximum is needed.
      double weight = Math.exp(score * b.scale);
      sum += weight;
      for (int d = 0; d < b.headDim; d++) {
        out[d] += weight * kept(b, b.values[p * stride + column + d]);
      }
    }
    for (int d = 0; d < b.headDim; d++) {
      out[d] /= sum;
    }
    return out;
  }

  private static float kept(AttentionBenchmark b, float number) {
    return b.kv == KvType.F32 ? number : Float.float16ToFloat(Float.floatToFloat16(number));
  }

  private static List<String> parameters(Class<?> benchmark, String field) {
    try {
      return Arrays.asList(benchmark.getField(field).getAnnotation(Param.class).value());
    } catch (NoSuchFieldException e) {
      throw new AssertionError(e);
    }
  }
}
