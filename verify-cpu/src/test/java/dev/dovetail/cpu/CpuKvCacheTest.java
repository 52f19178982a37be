package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(KvType.class)
final class CpuKvCacheTest {
  private static final int KV_HEADS = 2;
  private static final int HEAD_DIM = 3;
  private static final int WIDTH = KV_HEADS * HEAD_DIM;

  private final KvType type;

  CpuKvCacheTest(KvType type) {
    this.type = type;
  }

  private long blockBytes() {
    return (type == KvType.F32 ? 8L : 4L) * WIDTH * CpuKvCache.BLOCK;
  }

  private CpuKvCache cache(int layers, int capacity) {
    return new CpuKvCache(layers, KV_HEADS, HEAD_DIM, capacity, type);
  }

  /**
   * Appends roots whose keys are token + element / 8, and values their negatives, to every layer.
   */
  private static void append(CpuKvCache cache, int layers, int... tokens) {
    TreeBatch batch = new TreeBatch(tokens.length);
    batch.reset(cache.length());
    float[] keys = new float[tokens.length * WIDTH];
    float[] values = new float[tokens.length * WIDTH];
    for (int i = 0; i < tokens.length; i++) {
      batch.add(tokens[i], TreeBatch.PREFIX);
      for (int j = 0; j < WIDTH; j++) {
        keys[i * WIDTH + j] = tokens[i] + j / 8f;
        values[i * WIDTH + j] = -keys[i * WIDTH + j];
      }
    }
    Rows k = new Rows(new CpuBuffer(keys), 0, WIDTH, WIDTH);
    Rows v = new Rows(new CpuBuffer(values), 0, WIDTH, WIDTH);
    for (int layer = 0; layer < layers; layer++) {
      cache.append(layer, batch, k, v);
    }
  }

  private static void fill(CpuKvCache cache, int layers, int count) {
    int[] tokens = new int[count];
    int[] nodes = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = i;
      nodes[i] = i;
    }
    append(cache, layers, tokens);
    cache.commit(nodes, count);
  }

  private void assertHolds(CpuKvCache cache, int layer, int slot, int token) {
    for (int head = 0; head < KV_HEADS; head++) {
      for (int d = 0; d < HEAD_DIM; d++) {
        float number = token + (head * HEAD_DIM + d) / 8f;
        float expected = type == KvType.F32 ? number : rounded(number);
        assertThat(key(cache, layer, slot, head, d)).as("key in %d", slot).isEqualTo(expected);
        assertThat(value(cache, layer, slot, head, d)).as("value in %d", slot).isEqualTo(-expected);
      }
    }
  }

  private static float rounded(float number) {
    return Float.float16ToFloat(Float.floatToFloat16(number));
  }

  private static float key(CpuKvCache cache, int layer, int slot, int head, int d) {
    int inBlock = slot % CpuKvCache.BLOCK;
    int panel = head * CpuKvCache.BLOCK * HEAD_DIM + inBlock / 16 * 16 * HEAD_DIM;
    return number(cache.keys(layer, slot / CpuKvCache.BLOCK), panel + d * 16 + inBlock % 16);
  }

  private static float value(CpuKvCache cache, int layer, int slot, int head, int d) {
    int row = head * CpuKvCache.BLOCK + slot % CpuKvCache.BLOCK;
    return number(cache.values(layer, slot / CpuKvCache.BLOCK), row * HEAD_DIM + d);
  }

  private static float number(KvBlock block, int at) {
    return switch (block) {
      case KvBlock.Floats floats -> floats.numbers()[at];
      case KvBlock.Halves halves -> Float.float16ToFloat(halves.numbers()[at]);
    };
  }

  /** Bounds of f16 by their definition: 11 bits of mantissa, exponents from -14 to 15. */
  @Test
  void keepsWhatItsTypeCanHold() {
    float[] stored = {65504f, 65519f, -1e30f, Float.NEGATIVE_INFINITY, 0x1.002p0f, 0x1p-25f};
    float[] halves = {65504f, 65504f, -65504f, -65504f, 1f, 0f};
    float[] stored2 = {0x1.006p0f, 0x1p-24f, 0x1.8p-24f, -0f, Float.NaN, 0x1.ffep-1f};
    float[] halves2 = {0x1.008p0f, 0x1p-24f, 0x1p-23f, -0f, Float.NaN, 1f};
    try (CpuKvCache cache = cache(1, 5)) {
      TreeBatch batch = new TreeBatch(1);
      batch.add(1, TreeBatch.PREFIX);
      cache.append(
          0,
          batch,
          new Rows(new CpuBuffer(stored), 0, WIDTH, WIDTH),
          new Rows(new CpuBuffer(stored2), 0, WIDTH, WIDTH));
      float[] kept = new float[WIDTH];
      float[] kept2 = new float[WIDTH];
      for (int i = 0; i < WIDTH; i++) {
        int head = i / HEAD_DIM;
        int d = i % HEAD_DIM;
        kept[i] = key(cache, 0, 0, head, d);
        kept2[i] = value(cache, 0, 0, head, d);
      }
      Floats.assertSameBits(kept, type == KvType.F32 ? stored : halves, "keys");
      Floats.assertSameBits(kept2, type == KvType.F32 ? stored2 : halves2, "values");
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "10", "254", "300"})
  void commitMovesTheKeptNodesDownInAllLayers(int prefix) {
    try (CpuKvCache cache = cache(2, 600)) {
      if (prefix > 0) {
        fill(cache, 2, prefix);
      }
      append(cache, 2, 500, 501, 502, 503, 504);
      cache.commit(new int[] {1, 2, 4}, 3);
      assertThat(cache.length()).isEqualTo(prefix + 3);
      for (int layer = 0; layer < 2; layer++) {
        for (int slot = 0; slot < prefix; slot++) {
          assertHolds(cache, layer, slot, slot);
        }
        assertHolds(cache, layer, prefix, 501);
        assertHolds(cache, layer, prefix + 1, 502);
        assertHolds(cache, layer, prefix + 2, 504);
      }
    }
  }

  @Test
  void takesMemoryBlockByBlockAndKeepsItUntilClosed() {
    CpuKvCache cache = cache(3, 100_000);
    assertThat(cache.bytes()).isZero();
    fill(cache, 3, 256);
    assertThat(cache.bytes()).isEqualTo(3 * blockBytes());
    append(cache, 3, 1);
    assertThat(cache.bytes()).isEqualTo(6 * blockBytes());
    cache.truncate(0);
    assertThat(cache.bytes()).isEqualTo(6 * blockBytes());
    cache.close();
    assertThat(cache.bytes()).isZero();
  }

  @Test
  void saysWhatToDoWhenTheHeapIsFull() {
    IntFunction<KvBlock> allocator =
        length -> {
          throw new OutOfMemoryError("Java heap space");
        };
    try (CpuKvCache cache = new CpuKvCache(40, 40, 128, 4096, type, allocator)) {
      TreeBatch batch = new TreeBatch(1);
      batch.add(1, TreeBatch.PREFIX);
      Rows row = new Rows(new CpuBuffer(new float[5120]), 0, 5120, 5120);
      assertThatThrownBy(() -> cache.append(0, batch, row, row))
          .isInstanceOf(IllegalStateException.class)
          .hasCauseInstanceOf(OutOfMemoryError.class)
          .hasMessageContaining(
              "a context of 4096 tokens needs %d MiB", type == KvType.F32 ? 6400 : 3200)
          .hasMessageContaining("0 MiB are taken")
          .hasMessageContaining(
              type == KvType.F32
                  ? "lower --ctx, choose --kv f16, or raise the heap"
                  : "lower --ctx, or raise the heap")
          .hasMessageContaining("DOVETAIL_JAVA_OPTS=-Xmx");
      assertThat(cache.bytes()).isZero();
    }
  }

  @Test
  void refusesMoreThanItsCapacity() {
    try (CpuKvCache cache = cache(1, 5)) {
      fill(cache, 1, 4);
      assertThatThrownBy(() -> append(cache, 1, 7, 8))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("6 tokens in a cache of 5");
      append(cache, 1, 7);
    }
  }

  @Test
  void refusesWhatNoPathCanBe() {
    try (CpuKvCache cache = cache(1, 50)) {
      append(cache, 1, 1, 2, 3);
      for (int[] nodes : new int[][] {{3}, {-1}, {1, 1}, {2, 0}, {0, 1, 2, 3}}) {
        assertThatThrownBy(() -> cache.commit(nodes, nodes.length))
            .isInstanceOf(IllegalArgumentException.class);
      }
      cache.commit(new int[] {2}, 1);
      assertThatThrownBy(() -> cache.commit(new int[] {0}, 1))
          .as("nothing is pending after a commit")
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> cache.truncate(2)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> cache.truncate(-1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesABatchOfAnotherPrefix() {
    try (CpuKvCache cache = cache(1, 50)) {
      TreeBatch batch = new TreeBatch(4);
      batch.reset(7);
      batch.add(1, TreeBatch.PREFIX);
      Rows row = new Rows(new CpuBuffer(new float[WIDTH]), 0, WIDTH, WIDTH);
      assertThatThrownBy(() -> cache.append(0, batch, row, row))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("prefix of 7 tokens, the cache holds 0");
    }
  }

  @ParameterizedTest
  @CsvSource({"0,1,1,1", "1,0,1,1", "1,1,0,1", "1,1,1,0", "1,-1,1,1"})
  void refusesImpossibleShapes(int layers, int kvHeads, int headDim, int capacity) {
    assertThatThrownBy(() -> new CpuKvCache(layers, kvHeads, headDim, capacity, type))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatIsReservedIsNotTakenAgain() {
    try (CpuKvCache cache = cache(2, 2 * CpuKvCache.BLOCK)) {
      fill(cache, 2, CpuKvCache.BLOCK - 1);
      cache.reserve(1);
      assertThat(cache.bytes()).isEqualTo(2 * blockBytes());
      cache.reserve(2);
      assertThat(cache.bytes()).isEqualTo(4 * blockBytes());
      append(cache, 2, 7, 8);
      assertThat(cache.bytes()).isEqualTo(4 * blockBytes());
      assertThatThrownBy(() -> cache.reserve(CpuKvCache.BLOCK + 2))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("the context is full: 513 tokens in a cache of 512");
    }
  }
}
