package dev.dovetail.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A logit of a whole model depends on the weights and the context alone, to the last bit: not on
 * how the prefix was divided into passes, not on the number of threads, not on the width of vectors
 * (this class runs once for each).
 */
class ModelBitsTest {
  private static final int SHORT = 34;

  /**
   * CRC-32 of the logits' bits after each of {@link #SHORT} tokens, big-endian: the same on every
   * machine. They change only when the order of a sum does, which must be meant.
   */
  private static final Map<String, Long> CHECKSUMS =
      Map.of(
          "llama Q4_1", 0x3d5e19ecL,
          "llama Q4_1 kv F16", 0x8c1b8aabL,
          "qwen2 mix", 0x163e18e1L,
          "qwen3 F16", 0x600f95c0L,
          "llama F32", 0xdc23b8d9L,
          "qwen2 Q8_0", 0xeeb63554L,
          "qwen3 IQ4_NL", 0xa58fb639L,
          "qwen3 IQ4_NL kv F16", 0x199199f1L);

  /** Pass sizes to try at each number of threads. */
  private static final Map<Integer, int[]> SIZES =
      Map.of(
          1, new int[] {7, 128},
          2, new int[] {2, 3, 32},
          3, new int[] {1, 7},
          4, new int[] {3, 128});

  @TempDir private static Path folder;

  private static final Map<String, int[][]> ONE_BY_ONE = new ConcurrentHashMap<>();

  /** Logits after each of {@link #SHORT} tokens, one a pass, on one thread. */
  private static int[][] oneByOne(String model) throws IOException {
    int[][] known = ONE_BY_ONE.get(model);
    if (known == null) {
      try (Engine engine = TinyTargets.open(folder, model, 1);
          Target target = engine.newTarget()) {
        known = TinyTargets.append(target, TinyTargets.tokens(SHORT), 0, 1);
      }
      ONE_BY_ONE.put(model, known);
    }
    return known;
  }

  @ParameterizedTest
  @MethodSource("dev.dovetail.cpu.TinyTargets#models")
  void checksum(String model) throws IOException {
    CRC32 crc = new CRC32();
    for (int[] row : oneByOne(model)) {
      ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * row.length);
      bytes.asIntBuffer().put(row);
      crc.update(bytes.array());
    }
    assertThat(crc.getValue()).as(model).isEqualTo(CHECKSUMS.get(model));
  }

  @ParameterizedTest
  @MethodSource("dev.dovetail.cpu.TinyTargets#quickModels")
  void passesOfAnySizeOnAnyThreads(String model) throws IOException {
    int[][] expected = oneByOne(model);
    int[] ids = TinyTargets.tokens(SHORT);
    for (int threads = 1; threads <= 4; threads++) {
      try (Engine engine = TinyTargets.open(folder, model, threads);
          Target target = engine.newTarget()) {
        for (int size : SIZES.get(threads)) {
          target.truncate(0);
          assertSame(
              TinyTargets.append(target, ids, 0, size),
              expected,
              0,
              "%s, %d threads, passes of %d".formatted(model, threads, size));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama Q4_1", "qwen2 mix"})
  void wholePrefixesOfEveryLength(String model) throws IOException {
    int[][] expected = oneByOne(model);
    int[] ids = TinyTargets.tokens(SHORT);
    try (Engine engine = TinyTargets.open(folder, model, 2);
        Target target = engine.newTarget()) {
      TreeBatch batch = new TreeBatch(SHORT);
      for (int n = 1; n < SHORT; n++) {
        batch.reset(0);
        for (int i = 0; i < n; i++) {
          batch.add(ids[i], i - 1);
        }
        target.pass(batch, Logits.LAST);
        assertThat(TinyTargets.bits(target, 0))
            .as("%s, a prompt of %d tokens", model, n)
            .isEqualTo(expected[n - 1]);
        target.commit(new int[0], 0);
      }
    }
  }

  /** Around the fixed split of long contexts, with prompts that end before, at and behind it. */
  @ParameterizedTest
  @ValueSource(strings = {"llama Q4_1", "llama Q4_1 kv F16"})
  void aroundTwoHundredFiftySix(String model) throws IOException {
    int[] ids = TinyTargets.tokens(TinyTargets.LONG);
    int from = 248;
    try (Engine one = TinyTargets.open(folder, model, 1);
        Engine three = TinyTargets.open(folder, model, 3);
        Target plain = one.newTarget();
        Target target = three.newTarget()) {
      int[][] expected = TinyTargets.append(plain, ids, 0, 1);
      assertSame(TinyTargets.append(target, ids, 0, 128), expected, 0, model + ", passes of 128");
      for (int size : new int[] {1, 2, 3, 7, 32}) {
        target.truncate(from);
        assertSame(
            TinyTargets.append(target, ids, from, size),
            expected,
            from,
            model + ", from 248 in passes of " + size);
      }
      for (int n = 254; n <= TinyTargets.LONG; n++) {
        target.truncate(128);
        assertSame(
            TinyTargets.append(target, Arrays.copyOf(ids, n), 128, 128),
            expected,
            128,
            "%s, a prompt of %d tokens".formatted(model, n));
      }
    }
  }

  private static void assertSame(int[][] actual, int[][] expected, int from, String what) {
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("%s: after token %d", what, from + i).isEqualTo(expected[from + i]);
    }
  }
}
