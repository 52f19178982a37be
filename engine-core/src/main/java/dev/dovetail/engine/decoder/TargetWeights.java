package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.load.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A target's weights on a device, read from a GGUF file's tensors. Immutable, shared by all
 * sessions.
 *
 * @param embedding {@code [vocabulary][hidden]}
 * @param decoder the layers
 * @param outputNorm {@code [hidden]}: the norm after which features are taken
 * @param head {@code [vocabulary][hidden]}
 */
public record TargetWeights(
    ModelConfig config,
    Device device,
    EmbeddingTable embedding,
    Decoder decoder,
    Buffer outputNorm,
    Matrix head)
    implements AutoCloseable {

  /**
   * Packs a model for a device, whole or not at all; the model's file must stay open as long as the
   * result.
   */
  public static TargetWeights load(Model model, Device device) {
    ModelConfig config = model.config();
    TensorFile file = model.tensors();
    try (Allocation memory = new Allocation(device)) {
      List<LayerWeights> layers = new ArrayList<>();
      for (int i = 0; i < config.layers(); i++) {
        layers.add(layer(file, memory, "blk." + i + "."));
      }
      return memory.complete(
          new TargetWeights(
              config,
              device,
              memory.embedding(embeddingTensor(model)),
              new Decoder(device, DecoderShape.of(config), layers),
              vector(file, memory, "output_norm.weight"),
              memory.matrix(List.of(headTensor(model)))));
    }
  }

  /** The embedding as the file has it. */
  public static Tensor embeddingTensor(Model model) {
    return model.tensors().get("token_embd.weight");
  }

  /** The head as the file has it: the embedding where they are tied. */
  public static Tensor headTensor(Model model) {
    return model.tensors().find("output.weight").orElseGet(() -> embeddingTensor(model));
  }

  private static LayerWeights layer(TensorFile file, Allocation memory, String prefix) {
    return new LayerWeights(
        Optional.of(vector(file, memory, prefix + "attn_norm.weight")),
        memory.matrix(
            List.of(
                file.get(prefix + "attn_q.weight"),
                file.get(prefix + "attn_k.weight"),
                file.get(prefix + "attn_v.weight"))),
        qkvBias(file, memory, prefix),
        file.find(prefix + "attn_q_norm.weight").map(t -> memory.upload(Dequantize.all(t))),
        file.find(prefix + "attn_k_norm.weight").map(t -> memory.upload(Dequantize.all(t))),
        memory.matrix(List.of(file.get(prefix + "attn_output.weight"))),
        vector(file, memory, prefix + "ffn_norm.weight"),
        memory.matrix(
            List.of(file.get(prefix + "ffn_gate.weight"), file.get(prefix + "ffn_up.weight"))),
        memory.matrix(List.of(file.get(prefix + "ffn_down.weight"))));
  }

  private static Optional<Buffer> qkvBias(TensorFile file, Allocation memory, String prefix) {
    if (file.find(prefix + "attn_q.bias").isEmpty()) {
      return Optional.empty();
    }
    float[][] parts =
        Stream.of("attn_q.bias", "attn_k.bias", "attn_v.bias")
            .map(name -> Dequantize.all(file.get(prefix + name)))
            .toArray(float[][]::new);
    float[] bias = new float[parts[0].length + parts[1].length + parts[2].length];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, bias, at, part.length);
      at += part.length;
    }
    return Optional.of(memory.upload(bias));
  }

  private static Buffer vector(TensorFile file, Allocation memory, String name) {
    return memory.upload(Dequantize.all(file.get(name)));
  }

  @Override
  public void close() {
    embedding.close();
    decoder.close();
    outputNorm.close();
    head.close();
  }
}
