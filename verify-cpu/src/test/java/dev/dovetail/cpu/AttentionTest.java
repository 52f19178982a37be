package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Attention over a paged cache: right against plain math in double, and bit for bit what plain
 * decoding of each node's path gives.
 */
@ParameterizedClass
@EnumSource(KvType.class)
final class AttentionTest {
  private static final int LAYERS = 2;

  /** Numbers that tokens share; a token's begin at a place of its own. */
  private static final float[] NUMBERS = Floats.random(1 << 16, 77);

  static {
    for (int i = 0; i < NUMBERS.length; i++) {
      NUMBERS[i] = Math.clamp(NUMBERS[i], -8f, 8f); // scores stay below a hundred
    }
  }

  private final KvType kv;

  AttentionTest(KvType kv) {
    this.kv = kv;
  }

  /** Heads; keys, values and queries of a token, which depend on the token and the layer alone. */
  private record Shape(KvType kv, int kvHeads, int group, int headDim) {
    int kvWidth() {
      return kvHeads * headDim;
    }

    int qWidth() {
      return kvWidth() * group;
    }

    float[] keys(int token, int layer) {
      return numbers(token, layer, 1, kvWidth());
    }

    float[] values(int token, int layer) {
      return numbers(token, layer, 2, kvWidth());
    }

    float[] queries(int token, int layer) {
      return numbers(token, layer, 3, qWidth());
    }

    private static float[] numbers(int token, int layer, int kind, int width) {
      int from = Math.floorMod((token * LAYERS + layer) * 7919 + kind * 104_729, 1 << 15);
      return Arrays.copyOfRange(NUMBERS, from, from + width);
    }
  }

  /** A sequence under test. */
  private static final class Session implements AutoCloseable {
    private final Shape shape;
    private final WorkerPool pool;
    private final Attention attention;
    private final CpuKvCache cache;
    private final TreeBatch batch = new TreeBatch(1024);

    Session(Shape shape, int threads) {
      this.shape = shape;
      pool = new WorkerPool(threads);
      attention = new Attention(pool, KernelSettings.current().attention());
      cache = new CpuKvCache(LAYERS, shape.kvHeads, shape.headDim, 2048, shape.kv);
    }

    /** Runs the batch's pass; returns {@code [LAYERS][n][qWidth]} flattened per node. */
    float[][] pass() {
      int n = batch.size();
      float[][] results = new float[n][LAYERS * shape.qWidth()];
      for (int layer = 0; layer < LAYERS; layer++) {
        Rows k = rows(n, shape.kvWidth());
        Rows v = rows(n, shape.kvWidth());
        Rows q = rows(n, shape.qWidth());
        Rows out = rows(n, shape.qWidth());
        for (int i = 0; i < n; i++) {
          int token = batch.token(batch.first() + i);
          put(shape.keys(token, layer), k, i);
          put(shape.values(token, layer), v, i);
          put(shape.queries(token, layer), q, i);
        }
        cache.append(layer, batch, k, v);
        attention.run(cache, layer, batch, q, 1f / (float) Math.sqrt(shape.headDim), out);
        for (int i = 0; i < n; i++) {
          System.arraycopy(
              CpuBuffer.of(out),
              out.offset() + i * out.stride(),
              results[i],
              layer * shape.qWidth(),
              shape.qWidth());
        }
      }
      return results;
    }

    /** A view with an offset and gaps, as slices of a wide result have. */
    private static Rows rows(int n, int width) {
      int stride = width + 5;
      return new Rows(new CpuBuffer(new float[3 + n * stride]), 3, stride, width);
    }

    private static void put(float[] values, Rows rows, int row) {
      System.arraycopy(
          values, 0, CpuBuffer.of(rows), rows.offset() + row * rows.stride(), values.length);
    }

    float[][] chain(int[] tokens) {
      if (tokens.length == 0) {
        return new float[0][];
      }
      batch.reset(cache.length());
      for (int i = 0; i < tokens.length; i++) {
        batch.add(tokens[i], i - 1);
      }
      float[][] results = pass();
      cache.commit(IntStream.range(0, tokens.length).toArray(), tokens.length);
      return results;
    }

    @Override
    public void close() {
      pool.close();
      cache.close();
    }
  }

  private static float[][] oneByOne(Shape shape, int[] tokens) {
    float[][] results = new float[tokens.length][];
    try (Session session = new Session(shape, 1)) {
      for (int i = 0; i < tokens.length; i++) {
        results[i] = session.chain(new int[] {tokens[i]})[0];
      }
    }
    return results;
  }

  private static int[] randomTokens(int count, long seed) {
    return new Random(seed).ints(count, 0, 100_000).toArray();
  }

  private static int[] concat(int[] a, int... b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Numbers as the cache keeps them. */
  private static float[] kept(KvType kv, float[] numbers) {
    float[] kept = numbers.clone();
    for (int i = 0; kv == KvType.F16 && i < kept.length; i++) {
      kept[i] = Float.float16ToFloat(Float.floatToFloat16(kept[i]));
    }
    return kept;
  }

  /** Attention of the last token of a path, by definition, in double. */
  private static double[] naive(Shape shape, int[] path, int layer) {
    float[] q = shape.queries(path[path.length - 1], layer);
    float[][] keys = new float[path.length][];
    float[][] values = new float[path.length][];
    for (int p = 0; p < path.length; p++) {
      keys[p] = kept(shape.kv, shape.keys(path[p], layer));
      values[p] = kept(shape.kv, shape.values(path[p], layer));
    }
    double[] out = new double[shape.qWidth()];
    for (int head = 0; head < shape.kvHeads * shape.group; head++) {
      int from = head / shape.group * shape.headDim;
      double[] scores = new double[path.length];
      for (int p = 0; p < path.length; p++) {
        for (int d = 0; d < shape.headDim; d++) {
          scores[p] += (double) q[head * shape.headDim + d] * keys[p][from + d];
        }
        scores[p] /= Math.sqrt(shape.headDim);
      }
      double max = Arrays.stream(scores).max().orElseThrow();
      double sum = 0;
      for (int p = 0; p < path.length; p++) {
        scores[p] = Math.exp(scores[p] - max);
        sum += scores[p];
      }
      for (int p = 0; p < path.length; p++) {
        for (int d = 0; d < shape.headDim; d++) {
          out[head * shape.headDim + d] += scores[p] / sum * values[p][from + d];
        }
      }
    }
    return out;
  }

  @ParameterizedTest
  @CsvSource({"3,3,64,20", "2,6,128,300", "2,1,7,270", "1,2,80,40", "1,1,1,17", "1,3,32,1000"})
  void equalsTheDefinitionForRandomTrees(int kvHeads, int group, int headDim, int prefix) {
    Shape shape = new Shape(kv, kvHeads, group, headDim);
    Random random = new Random(prefix);
    int[] text = randomTokens(prefix, 11);
    try (Session session = new Session(shape, 2)) {
      session.chain(text);
      float[][] results = randomTree(session, random, 24);
      for (int node = 0; node < results.length; node++) {
        int[] path = concat(text, pathTokens(session.batch, node));
        for (int layer = 0; layer < LAYERS; layer++) {
          double[] expected = naive(shape, path, layer);
          int from = layer * shape.qWidth();
          float[] actual = Arrays.copyOfRange(results[node], from, from + shape.qWidth());
          // Scores reach some tens, so their rounding errors and those of exp are a few 1e-5.
          Floats.assertClose(actual, expected, 2e-4, "%s node %d layer %d", shape, node, layer);
        }
      }
    }
  }

  private static float[][] randomTree(Session session, Random random, int nodes) {
    session.batch.reset(session.cache.length());
    for (int i = 0; i < nodes; i++) {
      session.batch.add(random.nextInt(100_000), Math.max(-1, i - 1 - random.nextInt(6)));
    }
    return session.pass();
  }

  private static int[] pathTokens(TreeBatch batch, int node) {
    int[] path = new int[batch.capacity()];
    int length = batch.path(node, path);
    return Arrays.stream(path, 0, length).map(batch::token).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "1,64,0",
    "3,64,5",
    "6,32,15",
    "3,64,16",
    "1,7,17",
    "3,33,250",
    "6,64,255",
    "3,64,256",
    "2,16,257",
    "3,16,500"
  })
  void aTreesNodesEqualPlainDecodingOfTheirPaths(int group, int headDim, int prefix) {
    Shape shape = new Shape(kv, 2, group, headDim);
    int[] text = randomTokens(prefix, 5);
    float[][] plain = null;
    for (int threads = 1; threads <= 4; threads++) {
      try (Session session = new Session(shape, threads)) {
        session.chain(text);
        float[][] results = randomTree(session, new Random(prefix + 100 * group), 20);
        if (plain == null) {
          plain = plainDecodingOfPaths(shape, text, session.batch);
        }
        for (int node = 0; node < results.length; node++) {
          Floats.assertSameBits(
              results[node],
              plain[node],
              "%s prefix %d node %d threads %d",
              shape,
              prefix,
              node,
              threads);
        }
      }
    }
  }

  private static float[][] plainDecodingOfPaths(Shape shape, int[] text, TreeBatch tree) {
    float[][] results = new float[tree.end()][];
    try (Session session = new Session(shape, 1)) {
      for (int token : text) {
        session.chain(new int[] {token});
      }
      for (int node = 0; node < results.length; node++) {
        session.cache.truncate(text.length);
        for (int token : pathTokens(tree, node)) {
          results[node] = session.chain(new int[] {token})[0];
        }
      }
    }
    return results;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 6})
  void chunksOfAPromptEqualOneByOne(int group) {
    Shape shape = new Shape(kv, 2, group, 16);
    int[] text = randomTokens(530, group);
    float[][] plain = oneByOne(shape, text);
    for (int chunk : new int[] {7, 16, 128, 255, 512, 530}) {
      for (int threads = 1; threads <= 4; threads++) {
        try (Session session = new Session(shape, threads)) {
          List<float[]> results = new ArrayList<>();
          for (int from = 0; from < text.length; from += chunk) {
            int to = Math.min(text.length, from + chunk);
            results.addAll(List.of(session.chain(Arrays.copyOfRange(text, from, to))));
          }
          for (int i = 0; i < text.length; i++) {
            Floats.assertSameBits(
                results.get(i),
                plain[i],
                "group %d chunk %d threads %d position %d",
                group,
                chunk,
                threads,
                i);
          }
        }
      }
    }
  }

  @Test
  void aTreeGrownLevelByLevelEqualsOneBuiltAtOnce() {
    Shape shape = new Shape(kv, 2, 3, 16);
    int[] text = randomTokens(250, 1);
    int[] parents = {-1, -1, 0, 0, 1, 2, 4, 4, 5, 7, 7, 8};
    try (Session whole = new Session(shape, 1);
        Session grown = new Session(shape, 2)) {
      whole.chain(text);
      grown.chain(text);
      whole.batch.reset(250);
      grown.batch.reset(250);
      List<float[]> levels = new ArrayList<>();
      for (int i = 0; i < parents.length; i++) {
        whole.batch.add(i, parents[i]);
        grown.batch.add(i, parents[i]);
        if (i == 1 || i == 4 || i == 7 || i == 11) {
          levels.addAll(List.of(grown.pass()));
          grown.batch.advance();
        }
      }
      assertThat(levels.toArray(float[][]::new)).isDeepEqualTo(whole.pass());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 252})
  void decodingAfterCommitAndTruncateEqualsAFreshSequence(int prefix) {
    Shape shape = new Shape(kv, 2, 3, 16);
    int[] text = randomTokens(prefix, 3);
    int[] more = randomTokens(20, 4);
    try (Session session = new Session(shape, 2)) {
      session.chain(text);
      randomTree(session, new Random(9), 40);
      int[] path = new int[session.batch.capacity()];
      int length = session.batch.path(39, path);
      int[] kept = concat(text, pathTokens(session.batch, 39));
      session.cache.commit(path, length);
      assertThat(session.cache.length()).isEqualTo(prefix + length);
      assertThat(session.chain(more))
          .isDeepEqualTo(tail(oneByOne(shape, concat(kept, more)), more.length));

      int cut = kept.length - 1;
      session.cache.truncate(cut);
      assertThat(session.chain(more))
          .isDeepEqualTo(
              tail(oneByOne(shape, concat(Arrays.copyOf(kept, cut), more)), more.length));
    }
  }

  private static float[][] tail(float[][] rows, int count) {
    return Arrays.copyOfRange(rows, rows.length - count, rows.length);
  }

  @Test
  void whatRejectedNodesHeldIsNeverRead() {
    Shape shape = new Shape(kv, 1, 2, 8);
    int[] text = randomTokens(30, 2);
    try (Session session = new Session(shape, 1)) {
      session.chain(text);
      session.batch.reset(30);
      for (int i = 0; i < 10; i++) {
        session.batch.add(i, -1);
      }
      Rows poison = Session.rows(10, shape.kvWidth());
      Arrays.fill(CpuBuffer.of(poison), Float.NaN);
      for (int layer = 0; layer < LAYERS; layer++) {
        session.cache.append(layer, session.batch, poison, poison);
      }
      session.cache.commit(new int[0], 0);
      assertThat(session.chain(new int[] {77}))
          .isDeepEqualTo(tail(oneByOne(shape, concat(text, 77)), 1));
    }
  }
}
