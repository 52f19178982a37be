package dev.dovetail.cpu;

import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.GgufWriter;
import dev.dovetail.models.testing.TinyModels;
import dev.dovetail.models.testing.TinyWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Whole tiny models on the CPU, and their logits however the tokens are divided into passes. */
final class TinyTargets {
  /** Crosses the first fixed split of long contexts, at 256. */
  static final int LONG = 258;

  private static final long SEED = 20_260_511;

  private TinyTargets() {}

  /**
   * Architectures and weight types that differ; {@code mix} is Q4_K with some matrices in Q6_K.
   * Keys and values are in f32, or in f16 behind "kv".
   */
  static List<String> models() {
    return List.of(
        "llama Q4_1",
        "llama Q4_1 kv F16",
        "qwen2 mix",
        "qwen3 F16",
        "llama F32",
        "qwen2 Q8_0",
        "qwen3 IQ4_NL",
        "qwen3 IQ4_NL kv F16");
  }

  /** All of them, or those that the scalar kernels, many times slower, get through in seconds. */
  static List<String> quickModels() {
    return KernelSettings.current().panama() ? models() : models().subList(0, 3);
  }

  /** Opens one of {@link #models}, written into the folder once. */
  static Engine open(Path folder, String model, int threads) throws IOException {
    String[] words = model.split(" ");
    Path path = folder.resolve("%s-%s.gguf".formatted(words[0], words[1]));
    if (!Files.exists(path)) {
      write(path, words[0], words[1]);
    }
    KvType kv = words.length > 2 ? KvType.valueOf(words[3]) : KvType.F32;
    return Dovetail.open(path).threads(threads).kv(kv).draft(Draft.none()).build();
  }

  private static void write(Path path, String architecture, String weights) throws IOException {
    if (!weights.equals("mix")) {
      TinyModels.write(path, architecture, TensorType.valueOf(weights), SEED);
      return;
    }
    GgufWriter writer = TinyModels.writer(architecture, TensorType.Q4_K, SEED, false);
    Random random = new Random(SEED);
    int hidden = TinyModels.HIDDEN;
    sixBits(writer, "output.weight", TinyModels.VOCABULARY, hidden, random);
    sixBits(
        writer, "blk.0.attn_v.weight", TinyModels.KV_HEADS * TinyModels.HEAD_DIM, hidden, random);
    sixBits(writer, "blk.2.ffn_down.weight", hidden, TinyModels.FEED_FORWARD, random);
    writer.write(path);
  }

  private static void sixBits(GgufWriter writer, String name, int rows, int cols, Random random) {
    byte[] data = TinyWeights.random(TensorType.Q6_K, rows * cols, 1 / Math.sqrt(cols), random);
    writer.replace(name, TensorType.Q6_K, List.of((long) rows, (long) cols), data);
  }

  /** Tokens without meaning. */
  static int[] tokens(int count) {
    return new Random(SEED).ints(count, 0, TinyModels.VOCABULARY).toArray();
  }

  /**
   * Appends {@code ids} from index {@code from} on to the target in passes of {@code size} tokens.
   *
   * @return the bits of the logits after each, {@code [ids.length - from][vocabulary]}
   */
  static int[][] append(Target target, int[] ids, int from, int size) {
    TreeBatch batch = new TreeBatch(size);
    int[] rows = new int[size];
    Arrays.setAll(rows, i -> i);
    int[][] bits = new int[ids.length - from][];
    for (int at = from; at < ids.length; at += size) {
      int n = Math.min(size, ids.length - at);
      batch.reset(target.length());
      for (int i = 0; i < n; i++) {
        batch.add(ids[at + i], i - 1);
      }
      target.pass(batch, Logits.ALL);
      for (int i = 0; i < n; i++) {
        bits[at - from + i] = bits(target, i);
      }
      target.commit(rows, n);
    }
    return bits;
  }

  /** The bits of a node's logits in the last pass. */
  static int[] bits(Target target, int node) {
    int[] bits = new int[target.vocabulary()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(target.logits()[node * bits.length + i]);
    }
    return bits;
  }
}
