package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
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

  /** Room for passes of up to {@code maxTokens} rows, of any sequences. */
  public Activations newActivations(int maxTokens) {
    return new Activations(device, shape, maxTokens);
  }

  /** Keys and values of a sequence that shares passes with others. */
  public KvCache newCache(int capacity) {
    return device.kvCache(shape.layers(), shape.kvHeads(), shape.headDim(), capacity);
  }

  /** Runs all layers over the batch's pass: {@code state.x()}, {@code [n][hidden]}, in place. */
  public void forward(TreeBatch batch, DecoderState state) {
    forward(state.lane(batch), state.activations());
  }

  /** The same over the rows of several sequences: {@code a.x()}, {@code [rows][hidden]}. */
  public void forward(Lanes lanes, Activations a) {
    int width = shape.rope().dimensions();
    int row = 0;
    for (int i = 0; i < lanes.count(); i++) {
      TreeBatch batch = lanes.batch(i);
      for (int node = batch.first(); node < batch.end(); node++) {
        rope.angles(batch.position(node), a.hostAngles, row * width);
        row++;
      }
    }
    device.write(a.hostAngles, 0, row, a.angles);
    layers(lanes, a.angles, a);
  }

  /**
   * Sends the rotations of pending nodes ahead of {@link #layers}.
   *
   * @param position of each node in the sequence
   * @param first the first node
   * @param end one past the last node, up to the state's {@code maxTokens}
   */
  public void rotate(IntUnaryOperator position, int first, int end, DecoderState state) {
    Activations a = state.activations();
    int width = shape.rope().dimensions();
    for (int node = first; node < end; node++) {
      rope.angles(position.applyAsInt(node), a.hostAngles, (node - first) * width);
    }
    device.write(a.hostAngles, 0, end - first, a.angles.from(first));
  }

  /** What {@link #forward} does, where {@link #rotate} has been called: nothing crosses. */
  public void layers(TreeBatch batch, DecoderState state) {
    Activations a = state.activations();
    layers(state.lane(batch), a.angles.from(batch.first()), a);
  }

  private void layers(Lanes lanes, Rows angles, Activations a) {
    for (int i = 0; i < layers.size(); i++) {
      attention(i, lanes, angles, a);
      feedForward(i, lanes.rows(), a);
    }
  }

  /** {@code x += W_o attention(rope(W_q h), rope(W_k h), W_v h)}, with {@code h = rmsnorm(x)}. */
  private void attention(int layer, Lanes lanes, Rows angles, Activations a) {
    LayerWeights w = layers.get(layer);
    int n = lanes.rows();
    Rows h = a.x;
    if (w.attentionNorm().isPresent()) {
      device.rmsNorm(a.x, w.attentionNorm().get(), shape.normEpsilon(), n, a.normed);
      h = a.normed;
    }
    device.matmul(w.qkv(), h, n, a.qkv);
    if (w.qkvBias().isPresent()) {
      device.addBias(w.qkvBias().get(), n, a.qkv);
    }
    if (w.qNorm().isPresent()) {
      device.rmsNormHeads(shape.headDim(), w.qNorm().get(), shape.normEpsilon(), n, a.q);
      device.rmsNormHeads(shape.headDim(), w.kNorm().orElseThrow(), shape.normEpsilon(), n, a.k);
    }
    boolean interleaved = shape.rope().interleaved();
    device.rope(angles, interleaved, shape.headDim(), n, a.q);
    device.rope(angles, interleaved, shape.headDim(), n, a.k);
    int row = 0;
    for (int i = 0; i < lanes.count(); i++) {
      TreeBatch batch = lanes.batch(i);
      KvCache cache = lanes.cache(i);
      device.append(cache, layer, batch, a.k.from(row), a.v.from(row));
      device.attention(cache, layer, batch, a.q.from(row), scoreScale, a.attended.from(row));
      row += batch.size();
    }
    device.matmulAdd(w.attentionOut(), a.attended, n, a.x);
  }

  /** {@code x += W_down (silu(W_gate h) * W_up h)}, with {@code h = rmsnorm(x)}. */
  private void feedForward(int layer, int n, Activations a) {
    LayerWeights w = layers.get(layer);
    device.rmsNorm(a.x, w.feedForwardNorm(), shape.normEpsilon(), n, a.normed);
    device.matmul(w.gateUp(), a.normed, n, a.gateUp);
    device.siluMul(a.gate, a.up, n, a.activated);
    device.matmulAdd(w.down(), a.activated, n, a.x);
  }

  @Override
  public void close() {
    layers.forEach(LayerWeights::close);
  }
}
