package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/**
 * The layers of a transformer decoder (Llama, Touvron et al. 2023), written once: what
 * architectures add (biases, norms on q and k) or leave out stands in {@link LayerWeights}, where
 * it runs in {@link Device}. Targets and drafts are this same sequence.
 *
 * <p>Immutable but for the growing table of rotations; every method is called under the device's
 * lock. Owns its weights.
 */
public final class Decoder implements AutoCloseable {
  private final Device device;
  private final DecoderShape shape;
  private final List<LayerWeights> layers;
  private final RopeTable rope;
  private final float scoreScale;

  public Decoder(Device device, DecoderShape shape, List<LayerWeights> layers) {
    if (layers.size() != shape.layers()) {
      throw new IllegalArgumentException(
          "%d layers of weights for a decoder of %d".formatted(layers.size(), shape.layers()));
    }
    this.device = device;
    this.shape = shape;
    this.layers = List.copyOf(layers);
    this.rope = new RopeTable(shape.rope());
    this.scoreScale = (float) (1 / Math.sqrt(shape.headDim()));
  }

  public DecoderShape shape() {
    return shape;
  }

  /** These layers and those of another decoder on the same device as one; it owns no weights. */
  Decoder followedBy(Decoder next) {
    List<LayerWeights> all = Stream.concat(layers.stream(), next.layers.stream()).toList();
    return new Decoder(device, shape.withLayers(all.size()), all);
  }

  /**
   * Room for one sequence.
   *
   * @param capacity most tokens in the KV cache, pending ones included
   * @param maxTokens most tokens of one pass
   */
  public DecoderState newState(int capacity, int maxTokens) {
    return new DecoderState(device, shape, capacity, maxTokens);
  }

  /** Runs all layers over the batch's pass: {@code state.x()}, {@code [n][hidden]}, in place. */
  public void forward(TreeBatch batch, DecoderState state) {
    rotate(batch::position, batch.first(), batch.end(), state);
    layers(batch, state);
  }

  /**
   * Sends the rotations of pending nodes ahead of {@link #layers}.
   *
   * @param position of each node in the sequence
   * @param first the first node
   * @param end one past the last node, up to the state's {@code maxTokens}
   */
  public void rotate(IntUnaryOperator position, int first, int end, DecoderState state) {
    int width = shape.rope().dimensions();
    for (int node = first; node < end; node++) {
      rope.angles(position.applyAsInt(node), state.hostAngles, (node - first) * width);
    }
    device.write(state.hostAngles, 0, end - first, state.angles.from(first));
  }

  /** What {@link #forward} does, where {@link #rotate} has been called: nothing crosses. */
  public void layers(TreeBatch batch, DecoderState state) {
    for (int i = 0; i < layers.size(); i++) {
      attention(i, batch, state);
      feedForward(i, batch.size(), state);
    }
  }

  /** {@code x += W_o attention(rope(W_q h), rope(W_k h), W_v h)}, with {@code h = rmsnorm(x)}. */
  private void attention(int layer, TreeBatch batch, DecoderState s) {
    LayerWeights w = layers.get(layer);
    int n = batch.size();
    Rows h = s.x;
    if (w.attentionNorm().isPresent()) {
      device.rmsNorm(s.x, w.attentionNorm().get(), shape.normEpsilon(), n, s.normed);
      h = s.normed;
    }
    device.matmul(w.qkv(), h, n, s.qkv);
    if (w.qkvBias().isPresent()) {
      device.addBias(w.qkvBias().get(), n, s.qkv);
    }
    if (w.qNorm().isPresent()) {
      device.rmsNormHeads(shape.headDim(), w.qNorm().get(), shape.normEpsilon(), n, s.q);
      device.rmsNormHeads(shape.headDim(), w.kNorm().orElseThrow(), shape.normEpsilon(), n, s.k);
    }
    boolean interleaved = shape.rope().interleaved();
    Rows angles = s.angles.from(batch.first());
    device.rope(angles, interleaved, shape.headDim(), n, s.q);
    device.rope(angles, interleaved, shape.headDim(), n, s.k);
    device.append(s.cache(), layer, batch, s.k, s.v);
    device.attention(s.cache(), layer, batch, s.q, scoreScale, s.attended);
    device.matmulAdd(w.attentionOut(), s.attended, n, s.x);
  }

  /** {@code x += W_down (silu(W_gate h) * W_up h)}, with {@code h = rmsnorm(x)}. */
  private void feedForward(int layer, int n, DecoderState s) {
    LayerWeights w = layers.get(layer);
    device.rmsNorm(s.x, w.feedForwardNorm(), shape.normEpsilon(), n, s.normed);
    device.matmul(w.gateUp(), s.normed, n, s.gateUp);
    device.siluMul(s.gate, s.up, n, s.activated);
    device.matmulAdd(w.down(), s.activated, n, s.x);
  }

  @Override
  public void close() {
    layers.forEach(LayerWeights::close);
  }
}
