package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.EmbeddingTable;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.device.WeightCache;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.load.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A target's weights on a device, read from a GGUF file's tensors. Immutable, shared by all
 * sessions.
 *
 * @param embedding {@code [vocabulary][hidden]}
 * @param decoder the layers
 * @param outputNorm {@code [hidden]}: the norm after which features are taken
 * @param head {@code [vocabulary][hidden]}
 * @param cache where its matrices come from, if they are kept
 */
public record TargetWeights(
    ModelConfig config,
    Device device,
    EmbeddingTable embedding,
    Decoder decoder,
    Buffer outputNorm,
    Matrix head,
    Optional<WeightCache> cache)
    implements AutoCloseable {

  private static final String EMBEDDING = "token_embd.weight";

  /**
   * Packs a model for a device, whole or not at all; the model's file must stay open as long as the
   * result.
   */
  public static TargetWeights load(Model model, Device device) {
    return load(model, device, Optional.empty(), device::matrix);
  }

  /**
   * The same with a cache, which the result owns.
   *
   * @param folder of this model's file alone, for {@link Device#weightCache}
   */
  public static TargetWeights load(Model model, Device device, Path folder) {
    WeightCache cache = device.weightCache(folder);
    try {
      TargetWeights weights = load(model, device, Optional.of(cache), cache::matrix);
      cache.complete();
      return weights;
    } catch (RuntimeException | Error e) {
      try (cache) {
        throw e;
      }
    }
  }

  private static TargetWeights load(
      Model model,
      Device device,
      Optional<WeightCache> cache,
      Function<List<Tensor>, Matrix> matrices) {
    ModelConfig config = model.config();
    TensorFile file = model.tensors();
    try (Allocation memory = new Allocation(device, matrices)) {
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
              memory.matrix(List.of(headTensor(model))),
              cache));
    }
  }

  /** The embedding as the file has it. */
  public static Tensor embeddingTensor(Model model) {
    return model.tensors().get(EMBEDDING);
  }

  /** The head as the file has it: the embedding where they are tied. */
  public static Tensor headTensor(Model model) {
    return model.tensors().find("output.weight").orElseGet(() -> embeddingTensor(model));
  }

  /** The types of a model's matrices, in the order in which a pass reads them. */
  public static Set<TensorType> types(Model model) {
    Set<TensorType> types = new LinkedHashSet<>();
    for (Tensor tensor : model.tensors().tensors()) {
      if (tensor.shape().size() == 2 && !tensor.name().equals(EMBEDDING)) {
        types.add(tensor.type());
      }
    }
    types.add(headTensor(model).type());
    return types;
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
    cache.ifPresent(WeightCache::close);
    embedding.close();
    decoder.close();
    outputNorm.close();
    head.close();
  }
}
