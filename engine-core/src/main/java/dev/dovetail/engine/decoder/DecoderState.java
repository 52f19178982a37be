package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;

/**
 * What one sequence by itself needs of a decoder: its KV cache and room for the activations of a
 * pass. Owned by the session, for one thread at a time.
 */
public final class DecoderState implements AutoCloseable {
  private final Device device;
  private final KvCache cache;
  private final Activations activations;
  private final Lanes lanes = new Lanes();

  DecoderState(Device device, DecoderShape shape, int capacity, int maxTokens) {
    this.device = device;
    try (Allocation memory = new Allocation(device)) {
      cache = memory.kvCache(shape.layers(), shape.kvHeads(), shape.headDim(), capacity);
      activations = memory.part(new Activations(device, shape, maxTokens), Activations::close);
      memory.complete(this);
    }
  }

  public KvCache cache() {
    return cache;
  }

  /** {@code [maxTokens][hidden]}: a pass's input, and after {@link Decoder#forward} its output. */
  public Rows x() {
    return activations.x();
  }

  Activations activations() {
    return activations;
  }

  /** A pass of this sequence alone. */
  Lanes lane(TreeBatch batch) {
    lanes.clear();
    lanes.add(cache, batch);
    return lanes;
  }

  /** Gives back all of it, even where the device fails to take some. */
  @Override
  public void close() {
    try (Allocation memory = new Allocation(device)) {
      memory.part(activations, Activations::close);
      memory.part(cache, KvCache::close);
    }
  }
}
