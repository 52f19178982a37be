package dev.dovetail.models.gguf;

import static dev.dovetail.models.ModelFormatException.NO_OFFSET;

import dev.dovetail.models.ModelConfig;
import dev.dovetail.models.ModelFormatException;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorType;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks that a file holds exactly the tensors that a decoder of its configuration computes with.
 */
final class DecoderTensors {
  private static final Set<TensorType> VECTOR_TYPES =
      EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16);

  /** In some files, and not needed: tables of what {@code rope.*} already says. */
  private static final String UNUSED_SUFFIX = ".attn_rot_embd.weight";

  private final GgufFile file;
  private final Set<String> seen = new HashSet<>();

  private DecoderTensors(GgufFile file) {
    this.file = file;
  }

  /**
   * @throws ModelFormatException if a tensor is missing, has another shape or a type that cannot
   *     serve, or would be left out of the computation
   */
  static void check(GgufFile file, ModelConfig config) {
    new DecoderTensors(file).check(config);
  }

  private void check(ModelConfig config) {
    int hidden = config.hidden();
    matrix(ModelConfigReader.EMBEDDING, config.vocabulary(), hidden);
    vector("output_norm.weight", hidden);
    if (!config.tiedHead()) {
      matrix(ModelConfigReader.HEAD, config.vocabulary(), hidden);
    }
    seen.add(RopeReader.FACTORS);
    for (int i = 0; i < config.layers(); i++) {
      layer("blk." + i + '.', config);
    }
    for (Tensor tensor : file.tensors()) {
      if (!seen.contains(tensor.name()) && !tensor.name().endsWith(UNUSED_SUFFIX)) {
        throw fault(
            tensor.name(),
            "is no part of a %s decoder of %d layers as it is run here, and leaving it out would"
                    .formatted(config.architecture(), config.layers())
                + " change the model");
      }
    }
  }

  private void layer(String prefix, ModelConfig config) {
    int hidden = config.hidden();
    int queries = config.heads() * config.headDim();
    int keys = config.kvHeads() * config.headDim();
    vector(prefix + "attn_norm.weight", hidden);
    matrix(prefix + "attn_q.weight", queries, hidden);
    matrix(prefix + "attn_k.weight", keys, hidden);
    matrix(prefix + "attn_v.weight", keys, hidden);
    matrix(prefix + "attn_output.weight", hidden, queries);
    if (config.qkvBias()) {
      vector(prefix + "attn_q.bias", queries);
      vector(prefix + "attn_k.bias", keys);
      vector(prefix + "attn_v.bias", keys);
    }
    if (config.qkNorm()) {
      vector(prefix + "attn_q_norm.weight", config.headDim());
      vector(prefix + "attn_k_norm.weight", config.headDim());
    }
    vector(prefix + "ffn_norm.weight", hidden);
    matrix(prefix + "ffn_gate.weight", config.feedForward(), hidden);
    matrix(prefix + "ffn_up.weight", config.feedForward(), hidden);
    matrix(prefix + "ffn_down.weight", hidden, config.feedForward());
  }

  private void matrix(String name, long rows, long cols) {
    Tensor tensor = shaped(name, List.of(rows, cols));
    if (tensor.type() == TensorType.I32) {
      throw fault(name, "holds integers (I32) where weights are wanted");
    }
  }

  private void vector(String name, long size) {
    Tensor tensor = shaped(name, List.of(size));
    if (!VECTOR_TYPES.contains(tensor.type())) {
      throw fault(
          name,
          "is a vector of type %s; one of %s is wanted".formatted(tensor.type(), VECTOR_TYPES));
    }
  }

  private Tensor shaped(String name, List<Long> shape) {
    Tensor tensor = file.get(name);
    if (!tensor.shape().equals(shape)) {
      throw fault(name, "has shape %s; the metadata ask for %s".formatted(tensor.shape(), shape));
    }
    seen.add(name);
    return tensor;
  }

  private ModelFormatException fault(String name, String reason) {
    return new ModelFormatException(file.path(), NO_OFFSET, name, reason);
  }
}
