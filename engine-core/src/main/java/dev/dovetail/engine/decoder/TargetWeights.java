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

/**
 * A target's weights, read from a GGUF file's tensors: on one device, or with its first layers on
 * another. Immutable, shared by all sessions.
 *
 * @param device of all but the layers, and of those that are nowhere else
 * @param embedding {@code [vocabulary][hidden]}
 * @param spans all layers, in their order: one span, or one on another device and behind it one on
 *     this
 * @param outputNorm {@code [hidden]}: the norm after which features are taken
 * @param head {@code [vocabulary][hidden]}
 * @param cache where its device's matrices come from, if they are kept
 */
public record TargetWeights(
    ModelConfig config,
    Device device,
    EmbeddingTable embedding,
    List<LayerSpan> spans,
    Buffer outputNorm,
    Matrix head,
    Optional<WeightCache> cache)
    implements AutoCloseable {

  private static final String EMBEDDING = "token_embd.weight";

  public TargetWeights {
    spans = List.copyOf(spans);
    boolean one = spans.size() == 1;
    if (!one && (spans.size() != 2 || spans.get(0).device().equals(device))
        || !one && !spans.get(1).device().equals(device)) {
      throw new IllegalArgumentException(
          "wanted one span, or one elsewhere and one here behind it");
    }
  }

  /**
   * Packs a model for a device, whole or not at all; the model's file must stay open as long as the
   * result.
   */
  public static TargetWeights load(Model model, Device device) {
    return load(model, device, Optional.empty(), device, 0);
  }

  /**
   * The same with a cache, which the result owns.
   *
   * @param folder of this model's file alone, for {@link Device#weightCache}
   */
  public static TargetWeights load(Model model, Device device, Path folder) {
    return load(model, device, Optional.of(folder), device, 0);
  }

  /**
   * The same with the first layers on another device. A cache is read then, and not written: it is
   * one of whole models.
   *
   * @param folder of a cache
   * @param layersElsewhere 0 to all of them
   */
  public static TargetWeights load(
      Model model, Device device, Optional<Path> folder, Device elsewhere, int layersElsewhere) {
    // Another device's first: it is the smaller one, and refuses before much is packed.
    Optional<LayerSpan> first =
        layersElsewhere == 0
            ? Optional.empty()
            : Optional.of(LayerSpan.load(model, elsewhere, 0, layersElsewhere, elsewhere::matrix));
    Optional<WeightCache> cache = Optional.empty();
    try {
      cache = folder.map(device::weightCache);
      TargetWeights weights =
          load(
              model,
              device,
              first,
              cache,
              cache
                  .<Function<List<Tensor>, Matrix>>map(kept -> kept::matrix)
                  .orElse(device::matrix));
      if (first.isEmpty()) {
        cache.ifPresent(WeightCache::complete);
      }
      return weights;
    } catch (RuntimeException | Error e) {
      try (LayerSpan _ = first.orElse(null);
          WeightCache _ = cache.orElse(null)) {
        throw e;
      }
    }
  }

  private static TargetWeights load(
      Model model,
      Device device,
      Optional<LayerSpan> first,
      Optional<WeightCache> cache,
      Function<List<Tensor>, Matrix> matrices) {
    TensorFile file = model.tensors();
    int from = first.map(LayerSpan::layers).orElse(0);
    int layers = model.config().layers();
    try (Allocation memory = new Allocation(device, matrices)) {
      List<LayerSpan> spans = new ArrayList<>(first.stream().toList());
      if (from < layers) {
        spans.add(
            memory.part(LayerSpan.load(model, device, from, layers, matrices), LayerSpan::close));
      }
      return memory.complete(
          new TargetWeights(
              model.config(),
              device,
              memory.embedding(embeddingTensor(model)),
              spans,
              memory.upload(Dequantize.all(file.get("output_norm.weight"))),
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

  /** How many layers, the first ones, are not on {@link #device}. */
  public int layersElsewhere() {
    LayerSpan first = spans.getFirst();
    return first.device().equals(device) ? 0 : first.layers();
  }

  /** These weights with another first span, on {@link #device}; the result owns none of them. */
  TargetWeights withFirst(LayerSpan first) {
    List<LayerSpan> rest = spans.subList(1, spans.size());
    LayerSpan all = rest.isEmpty() ? first : first.followedBy(rest.getFirst());
    return new TargetWeights(
        config, device, embedding, List.of(all), outputNorm, head, Optional.empty());
  }

  /** Frees all of it, even where a device fails to take some back. */
  @Override
  public void close() {
    try (EmbeddingTable _ = embedding;
        Buffer _ = outputNorm;
        Matrix _ = head;
        LayerSpan _ = spans.getFirst();
        LayerSpan _ = spans.size() > 1 ? spans.getLast() : null;
        WeightCache _ = cache.orElse(null)) {
      // Only to be closed, the cache first.
    }
  }
}
