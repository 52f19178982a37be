package dev.dovetail.models.testing;

import dev.dovetail.models.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Tiny random models that are whole: weights, tokenizer, chat template. The same arguments give the
 * same bytes.
 *
 * <p>Three layers of width 256 (a block of every type), four query heads on two key-value heads of
 * width 64, a gated MLP of width 512, a vocabulary of 320. Activations stay near one, and logits
 * have a standard deviation near four.
 */
public final class TinyModels {
  public static final int LAYERS = 3;
  public static final int HIDDEN = 256;
  public static final int HEADS = 4;
  public static final int KV_HEADS = 2;
  public static final int HEAD_DIM = 64;
  public static final int FEED_FORWARD = 512;
  public static final int VOCABULARY = TinyTokenizer.SIZE;
  public static final int CONTEXT = 1024;

  private TinyModels() {}

  /**
   * Writes a model; llama and qwen3 have a tied head, qwen2 a separate one.
   *
   * @param architecture llama, qwen2 or qwen3
   * @param weightType of every matrix; vectors are F32
   */
  public static Path write(Path path, String architecture, TensorType weightType, long seed)
      throws IOException {
    writer(architecture, weightType, seed, !architecture.equals("qwen2")).write(path);
    return path;
  }

  /** The same before it is written, to be changed by a test. */
  public static GgufWriter writer(
      String architecture, TensorType weightType, long seed, boolean tiedHead) {
    GgufWriter writer = new GgufWriter();
    String prefix = architecture + '.';
    writer
        .put("general.architecture", architecture)
        .put("general.name", "Tiny " + architecture)
        .put(prefix + "block_count", LAYERS)
        .put(prefix + "context_length", CONTEXT)
        .put(prefix + "embedding_length", HIDDEN)
        .put(prefix + "feed_forward_length", FEED_FORWARD)
        .put(prefix + "attention.head_count", HEADS)
        .put(prefix + "attention.head_count_kv", KV_HEADS)
        .put(prefix + "attention.key_length", HEAD_DIM)
        .put(prefix + "attention.value_length", HEAD_DIM)
        .put(prefix + "rope.freq_base", 10_000f)
        .put(prefix + "attention.layer_norm_rms_epsilon", 1e-5f);
    TinyTokenizer.addTo(writer, architecture.equals("llama") ? "smollm" : "qwen2");
    new Layers(writer, weightType, new Random(seed)).addTo(architecture, tiedHead);
    return writer;
  }

  /** Adds the tensors of a model, one random stream through all of them. */
  private record Layers(GgufWriter writer, TensorType weightType, Random random) {
    void addTo(String architecture, boolean tiedHead) {
      matrix("token_embd.weight", VOCABULARY, HIDDEN);
      for (int i = 0; i < LAYERS; i++) {
        layer("blk." + i + '.', architecture);
      }
      // Spreads the logits. Large embeddings would do so too, but with a tied head they repeat the
      // last token.
      vector("output_norm.weight", HIDDEN, 4, 0.4);
      if (!tiedHead) {
        matrix("output.weight", VOCABULARY, HIDDEN);
      }
    }

    private void layer(String prefix, String architecture) {
      norm(prefix + "attn_norm.weight", HIDDEN);
      // Queries sharp enough that a token depends on particular earlier ones.
      matrix(prefix + "attn_q.weight", HEADS * HEAD_DIM, HIDDEN, 3);
      matrix(prefix + "attn_k.weight", KV_HEADS * HEAD_DIM, HIDDEN);
      matrix(prefix + "attn_v.weight", KV_HEADS * HEAD_DIM, HIDDEN);
      if (architecture.equals("qwen2")) {
        vector(prefix + "attn_q.bias", HEADS * HEAD_DIM, 0, 0.5);
        vector(prefix + "attn_k.bias", KV_HEADS * HEAD_DIM, 0, 0.5);
        vector(prefix + "attn_v.bias", KV_HEADS * HEAD_DIM, 0, 0.5);
      }
      if (architecture.equals("qwen3")) {
        vector(prefix + "attn_q_norm.weight", HEAD_DIM, 3, 0.3);
        norm(prefix + "attn_k_norm.weight", HEAD_DIM);
      }
      matrix(prefix + "attn_output.weight", HIDDEN, HEADS * HEAD_DIM);
      norm(prefix + "ffn_norm.weight", HIDDEN);
      matrix(prefix + "ffn_gate.weight", FEED_FORWARD, HIDDEN);
      matrix(prefix + "ffn_up.weight", FEED_FORWARD, HIDDEN);
      matrix(prefix + "ffn_down.weight", HIDDEN, FEED_FORWARD);
    }

    /** A matrix whose product with values near one has values near one. */
    private void matrix(String name, int rows, int cols) {
      matrix(name, rows, cols, 1);
    }

    private void matrix(String name, int rows, int cols, double gain) {
      byte[] data = TinyWeights.random(weightType, rows * cols, gain / Math.sqrt(cols), random);
      writer.tensor(name, weightType, List.of((long) rows, (long) cols), data);
    }

    private void norm(String name, int size) {
      vector(name, size, 1, 0.1);
    }

    private void vector(String name, int size, double mean, double deviation) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) (mean + deviation * random.nextGaussian());
      }
      writer.tensor(name, TensorType.F32, List.of((long) size), TinyWeights.bytes(values));
    }
  }
}
