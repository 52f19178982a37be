package dev.dovetail.dgf.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A DGF checkpoint of random weights for the tiny models, to be changed by a test before it is
 * written.
 */
public final class TinyDraft {
  private static final int D = TinyModels.HIDDEN;
  private static final int LAYERS = 2;
  private static final int FEED_FORWARD = 96;
  private static final int KV_WIDTH = 128;

  private final Random random = new Random(5);
  private final ObjectNode config = new ObjectMapper().createObjectNode();
  private final SafetensorsWriter tensors = new SafetensorsWriter();

  private TinyDraft() {
    config
        .put("target", "tiny")
        .put("hidden_size", D)
        .put("num_hidden_layers", LAYERS)
        .put("num_attention_heads", 4)
        .put("num_key_value_heads", 2)
        .put("intermediate_size", FEED_FORWARD)
        .put("vocab_size", TinyModels.VOCABULARY)
        .put("rope_theta", 10_000.0)
        .put("rms_norm_eps", 1e-5);
    norm("input_layernorm.weight");
    matrix("W_1", D, D);
    matrix("W_2", D, D);
    matrix("W_z", 2 * D, D);
    for (int i = 0; i < LAYERS; i++) {
      String prefix = "layers." + i + '.';
      if (i > 0) {
        norm(prefix + "input_layernorm.weight");
      }
      matrix(prefix + "self_attn.q_proj.weight", D, D);
      matrix(prefix + "self_attn.k_proj.weight", KV_WIDTH, D);
      matrix(prefix + "self_attn.v_proj.weight", KV_WIDTH, D);
      matrix(prefix + "self_attn.o_proj.weight", D, D);
      norm(prefix + "post_attention_layernorm.weight");
      matrix(prefix + "mlp.gate_proj.weight", FEED_FORWARD, D);
      matrix(prefix + "mlp.up_proj.weight", FEED_FORWARD, D);
      matrix(prefix + "mlp.down_proj.weight", D, FEED_FORWARD);
    }
  }

  public static TinyDraft standard() {
    return new TinyDraft();
  }

  /** Lets it guess only this many tokens, every third; 0: all. */
  public TinyDraft draftVocabulary(int count) {
    if (count > 0) {
      int[] ids = new int[count];
      Arrays.setAll(ids, i -> 3 * i + 4);
      config.put("draft_vocab_size", count);
      tensors.ints("draft_vocab", ids);
    }
    return this;
  }

  public TinyDraft config(Consumer<ObjectNode> change) {
    change.accept(config);
    return this;
  }

  public TinyDraft tensors(Consumer<SafetensorsWriter> change) {
    change.accept(tensors);
    return this;
  }

  /** Writes it into a new folder below this one, and returns that. */
  public Path write(Path parent) throws IOException {
    Path folder = Files.createTempDirectory(parent, "draft");
    Files.writeString(folder.resolve("config.json"), config.toPrettyString());
    tensors.write(folder.resolve("model.safetensors"));
    return folder;
  }

  private void matrix(String name, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(D));
    }
    tensors.floats(name, values, rows, cols);
  }

  private void norm(String name) {
    float[] values = new float[D];
    Arrays.fill(values, 1);
    tensors.floats(name, values, D);
  }
}
