package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.engine.round.DraftProvider;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tensors of a checkpoint that is no file, under the names that {@link DgfCheckpoint} reads.
 */
final class MadeTensors implements TensorFile {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  MadeTensors(DecoderShape shape, DraftProvider.Weights weights) {
    int d = shape.hidden();
    add(weights, "input_layernorm.weight", d);
    add(weights, "W_1.T", d, d);
    add(weights, "W_2.T", d, d);
    add(weights, "W_z.T", d, 2L * d);
    for (int i = 0; i < shape.layers(); i++) {
      layer(weights, "layers." + i + ".", i > 0, shape);
    }
  }

  private void layer(
      DraftProvider.Weights weights, String prefix, boolean inputNorm, DecoderShape shape) {
    int d = shape.hidden();
    if (inputNorm) {
      add(weights, prefix + "input_layernorm.weight", d);
    }
    add(weights, prefix + "self_attn.q_proj.weight", shape.queryWidth(), d);
    add(weights, prefix + "self_attn.k_proj.weight", shape.kvWidth(), d);
    add(weights, prefix + "self_attn.v_proj.weight", shape.kvWidth(), d);
    add(weights, prefix + "self_attn.o_proj.weight", d, shape.queryWidth());
    add(weights, prefix + "post_attention_layernorm.weight", d);
    add(weights, prefix + "mlp.gate_proj.weight", shape.feedForward(), d);
    add(weights, prefix + "mlp.up_proj.weight", shape.feedForward(), d);
    add(weights, prefix + "mlp.down_proj.weight", d, shape.feedForward());
  }

  private void add(DraftProvider.Weights weights, String name, long... extents) {
    List<Long> shape = Arrays.stream(extents).boxed().toList();
    tensors.put(name, weights.tensor(name, shape));
  }

  @Override
  public Path path() {
    return Path.of("made");
  }

  @Override
  public List<Tensor> tensors() {
    return List.copyOf(tensors.values());
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** Nothing: the tensors belong to who made them. */
  @Override
  public void close() {}
}
