package dev.dovetail.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.dovetail.models.testing.TinyModels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A random draft for the tiny models, as a checkpoint. */
final class TinyDraft {
  private static final int FEED_FORWARD = 128;

  private final Random random;
  private final ObjectNode header = new ObjectMapper().createObjectNode();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  private TinyDraft(long seed) {
    random = new Random(seed);
  }

  static Path write(Path folder, int hidden, long seed) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"target": "tiny", "hidden_size": %d, "vocab_size": %d, "num_attention_heads": 4,
         "num_key_value_heads": 2, "num_hidden_layers": 1, "intermediate_size": %d,
         "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
        """
            .formatted(hidden, TinyModels.VOCABULARY, FEED_FORWARD));
    Files.write(folder.resolve("model.safetensors"), new TinyDraft(seed).tensors(hidden));
    return folder;
  }

  private byte[] tensors(int d) {
    tensor("W_1", d, d);
    tensor("W_2", d, d);
    tensor("W_z", 2 * d, d);
    tensor("input_layernorm.weight", d);
    tensor("layers.0.self_attn.q_proj.weight", d, d);
    tensor("layers.0.self_attn.k_proj.weight", d / 2, d);
    tensor("layers.0.self_attn.v_proj.weight", d / 2, d);
    tensor("layers.0.self_attn.o_proj.weight", d, d);
    tensor("layers.0.post_attention_layernorm.weight", d);
    tensor("layers.0.mlp.gate_proj.weight", FEED_FORWARD, d);
    tensor("layers.0.mlp.up_proj.weight", FEED_FORWARD, d);
    tensor("layers.0.mlp.down_proj.weight", d, FEED_FORWARD);
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.size())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data.toByteArray())
        .array();
  }

  private void tensor(String name, int... shape) {
    int count = 1;
    ObjectNode entry = header.putObject(name).put("dtype", "F32");
    for (int extent : shape) {
      count *= extent;
    }
    java.util.Arrays.stream(shape).forEach(entry.putArray("shape")::add);
    ByteBuffer values = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      values.putFloat((float) (random.nextGaussian() / Math.sqrt(shape[shape.length - 1])));
    }
    entry.putArray("data_offsets").add(data.size()).add(data.size() + 4 * count);
    data.writeBytes(values.array());
  }
}
