package dev.dovetail.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.lang.foreign.Arena;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** What benchmarks compute, by definition, in double. */
final class Definitions {
  private Definitions() {}

  /**
   * Computes from an opened benchmark's inputs what its method must return, and gives what holds a
   * result against it.
   */
  static Consumer<float[]> of(Object benchmark, String method) {
    return switch (benchmark) {
      case MatmulBenchmark b -> close(product(b), 5e-5);
      case SharingBenchmark b -> close(product(b), 5e-5);
      case ElementBenchmark b -> close(elements(b, method), 1e-5);
      // Widening is exact.
      case EmbedBenchmark b -> close(embedding(b), 0);
      case AttentionBenchmark b -> close(attention(b), 1e-5);
      case AppendBenchmark b -> close(attention(b), 1e-5);
      case SamplingBenchmark b -> choice(b, method);
      default -> throw undefined(benchmark, method);
    };
  }

  private static AssertionError undefined(Object benchmark, String method) {
    return new AssertionError(
        "define what %s.%s computes".formatted(benchmark.getClass().getSimpleName(), method));
  }

  /**
   * @param tolerance in units of a number, or of one where that is more
   */
  private static Consumer<float[]> close(double[] expected, double tolerance) {
    return actual -> {
      assertThat(actual).hasSameSizeAs(expected);
      int worst = 0;
      double most = -1;
      for (int i = 0; i < actual.length; i++) {
        double error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
        if (Double.compare(error, most) > 0) { // NaN is the most
          worst = i;
          most = error;
        }
      }
      assertThat(most)
          .as("error of number %d, %s; wanted %s", worst, actual[worst], expected[worst])
          .isBetween(0.0, tolerance);
    };
  }

  private static double[] product(MatmulBenchmark b) {
    return product(
        b.weights, b.matrix.rows(b.model), b.matrix.cols(b.model), b.read(b.x), b.tokens());
  }

  private static double[] product(SharingBenchmark b) {
    return product(
        TensorType.F32, SharingBenchmark.ROWS, SharingBenchmark.COLS, b.read(b.x), b.tokens());
  }

  private static double[] product(TensorType type, int rows, int cols, float[] x, int n) {
    double[] out = new double[n * rows];
    float[] w = new float[cols];
    try (Arena arena = Arena.ofConfined()) {
      Tensor tensor = Weights.random(type, rows, cols, arena);
      for (int row = 0; row < rows; row++) {
        Dequantize.row(tensor, row, w, 0);
        for (int token = 0; token < n; token++) {
          out[token * rows + row] = dot(w, 0, x, token * cols, cols);
        }
      }
    }
    return out;
  }

  private static double dot(float[] a, int aFrom, float[] b, int bFrom, int length) {
    double sum = 0;
    for (int k = 0; k < length; k++) {
      sum += (double) a[aFrom + k] * b[bFrom + k];
    }
    return sum;
  }

  private static double[] elements(ElementBenchmark b, String method) {
    float[] x = b.read(b.x);
    return switch (method) {
      case "rmsNorm" -> rmsNorm(x, b.normWeights);
      case "addBias" -> {
        float[] qkv = b.read(b.qkv);
        yield each(qkv.length, i -> (double) qkv[i] + b.biases[i % b.biases.length]);
      }
      case "rope" -> rope(b.read(b.q), b.read(b.angles), b.model);
      case "siluMul" -> {
        float[] gateUp = b.read(b.gateUp);
        int width = b.model.feedForward;
        yield each(
            b.tokens() * width,
            i -> {
              int gate = i / width * 2 * width + i % width;
              return gateUp[gate] * sigmoid(gateUp[gate]) * gateUp[gate + width];
            });
      }
      case "silu" -> each(x.length, i -> x[i] * sigmoid(x[i]));
      case "gate" -> {
        float[] y = b.read(b.y);
        float[] z = b.read(b.z);
        yield each(x.length, i -> sigmoid(z[i]) * x[i] + (1 - sigmoid(z[i])) * y[i]);
      }
      default -> throw undefined(b, method);
    };
  }

  private static double[] each(int length, IntToDoubleFunction value) {
    return IntStream.range(0, length).mapToDouble(value).toArray();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double[] rmsNorm(float[] x, float[] weight) {
    int width = weight.length;
    double[] out = new double[x.length];
    for (int from = 0; from < x.length; from += width) {
      double mean = dot(x, from, x, from, width) / width;
      for (int i = 0; i < width; i++) {
        out[from + i] = x[from + i] / Math.sqrt(mean + ElementBenchmark.EPSILON) * weight[i];
      }
    }
    return out;
  }

  private static double[] rope(float[] q, float[] angles, Model model) {
    int pairs = model.headDim / 2;
    double[] out = new double[q.length];
    for (int head = 0; head < q.length / model.headDim; head++) {
      int turn = head / model.heads * model.headDim;
      for (int pair = 0; pair < pairs; pair++) {
        int first = head * model.headDim + pair;
        double cosine = angles[turn + pair];
        double sine = angles[turn + pairs + pair];
        out[first] = q[first] * cosine - q[first + pairs] * sine;
        out[first + pairs] = q[first + pairs] * cosine + q[first] * sine;
      }
    }
    return out;
  }

  private static double[] embedding(EmbedBenchmark b) {
    float[] row = new float[b.model.width];
    double[] out = new double[b.tokens() * row.length];
    for (int token = 0; token < b.tokens(); token++) {
      Dequantize.row(b.tensor, b.batch.token(token), row, 0);
      for (int i = 0; i < row.length; i++) {
        out[token * row.length + i] = row[i];
      }
    }
    return out;
  }

  private static double[] attention(AttentionBenchmark b) {
    return attention(b.model, b.layer.batch, b.read(b.q), b.scale, b.keys, b.values);
  }

  /** What attention would find in the cache after the nodes are appended. */
  private static double[] attention(AppendBenchmark b) {
    return attention(b.model, b.layer.batch, queries(b), 1, b.keys, b.values);
  }

  /** Queries that ask for all that was appended: {@code [n][heads * headDim]}. */
  static float[] queries(AppendBenchmark b) {
    float[] queries = new float[b.tokens() * b.model.heads * b.model.headDim];
    for (int i = 0; i < queries.length; i++) {
      queries[i] = (float) Math.sin(i) / 8;
    }
    return queries;
  }

  private static double[] attention(
      Model model, TreeBatch batch, float[] q, float scale, float[] keys, float[] values) {
    int heads = model.heads;
    double[] out = new double[q.length];
    int[] path = new int[batch.size()];
    for (int node = 0; node < batch.size(); node++) {
      int depth = batch.path(node, path);
      int prefix = batch.prefix();
      int[] seen =
          IntStream.concat(
                  IntStream.range(0, prefix),
                  IntStream.range(0, depth).map(level -> prefix + path[level]))
              .toArray();
      for (int head = 0; head < heads; head++) {
        int from = (node * heads + head) * model.headDim;
        int column = head / (heads / model.kvHeads) * model.headDim;
        double sum = 0;
        for (int position : seen) {
          int at = position * model.kvWidth() + column;
          // Scores of normal numbers stay small: no maximum is needed.
          double weight = Math.exp(scale * dot(q, from, keys, at, model.headDim));
          sum += weight;
          for (int d = 0; d < model.headDim; d++) {
            out[from + d] += weight * values[at + d];
          }
        }
        for (int d = 0; d < model.headDim; d++) {
          out[from + d] /= sum;
        }
      }
    }
    return out;
  }

  private static Consumer<float[]> choice(SamplingBenchmark b, String method) {
    int[] byLogit =
        IntStream.range(0, b.logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(token -> -b.logits[token]))
            .mapToInt(Integer::intValue)
            .toArray();
    return switch (method) {
      case "greedy" -> close(new double[] {byLogit[0]}, 0);
      case "nucleus" -> {
        Set<Float> nucleus = nucleus(b.logits, byLogit);
        yield actual -> assertThat(nucleus).contains(actual[0]);
      }
      default -> throw undefined(b, method);
    };
  }

  /** The likeliest tokens that together have a probability of at least top-p. */
  private static Set<Float> nucleus(float[] logits, int[] byLogit) {
    double largest = logits[byLogit[0]];
    double total = IntStream.of(byLogit).mapToDouble(t -> Math.exp(logits[t] - largest)).sum();
    Set<Float> nucleus = new HashSet<>();
    double share = 0;
    for (int i = 0; share < SamplingBenchmark.TOP_P; i++) {
      nucleus.add((float) byLogit[i]);
      share += Math.exp(logits[byLogit[i]] - largest) / total;
    }
    return nucleus;
  }
}
