package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.engine.weights.Dequantize;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.TensorFile;
import dev.dovetail.models.load.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Some of a target's layers, one behind the other, on one device. Immutable, shared by all
 * sessions; closing it frees their weights, not the device.
 */
public record LayerSpan(Device device, Decoder decoder) implements AutoCloseable {

  /**
   * Loads layers of a GGUF file, all or none.
   *
   * @param from the first
   * @param to one past the last
   * @param matrices does what {@link Device#matrix} does
   */
  static LayerSpan load(
      Model model, Device device, int from, int to, Function<List<Tensor>, Matrix> matrices) {
    try (Allocation memory = new Allocation(device, matrices)) {
      List<LayerWeights> layers = new ArrayList<>();
      for (int i = from; i < to; i++) {
        layers.add(layer(model.tensors(), memory, "blk." + i + "."));
      }
      DecoderShape shape = DecoderShape.of(model.config()).withLayers(to - from);
      return memory.complete(new LayerSpan(device, new Decoder(device, shape, layers)));
    }
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

  /** How many there are. */
  public int layers() {
    return decoder.shape().layers();
  }

  /** These layers and those of the span behind it as one, which owns neither's weights. */
  LayerSpan followedBy(LayerSpan next) {
    return new LayerSpan(device, decoder.followedBy(next.decoder));
  }

  @Override
  public void close() {
    decoder.close();
  }
}
