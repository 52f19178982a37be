package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;

/**
 * Room for what flows through a decoder in one pass, whichever sequences the rows belong to. For
 * one thread at a time.
 */
public final class Activations implements AutoCloseable {
  private final Device device;
  final float[] hostAngles;
  final Rows angles;
  final Rows x;
  final Rows normed;
  final Rows qkv;
  final Rows q;
  final Rows k;
  final Rows v;
  final Rows attended;
  final Rows gateUp;
  final Rows gate;
  final Rows up;
  final Rows activated;

  Activations(Device device, DecoderShape shape, int maxTokens) {
    this.device = device;
    try (Allocation memory = new Allocation(device)) {
      int rotated = shape.rope().dimensions();
      hostAngles = new float[maxTokens * rotated];
      angles = memory.rows(maxTokens, rotated);
      x = memory.rows(maxTokens, shape.hidden());
      normed = memory.rows(maxTokens, shape.hidden());
      qkv = memory.rows(maxTokens, shape.queryWidth() + 2 * shape.kvWidth());
      q = qkv.columns(0, shape.queryWidth());
      k = qkv.columns(shape.queryWidth(), shape.kvWidth());
      v = qkv.columns(shape.queryWidth() + shape.kvWidth(), shape.kvWidth());
      attended = memory.rows(maxTokens, shape.queryWidth());
      gateUp = memory.rows(maxTokens, 2 * shape.feedForward());
      gate = gateUp.columns(0, shape.feedForward());
      up = gateUp.columns(shape.feedForward(), shape.feedForward());
      activated = memory.rows(maxTokens, shape.feedForward());
      memory.complete(this);
    }
  }

  /** {@code [maxTokens][hidden]}: a pass's input, and after {@link Decoder#forward} its output. */
  public Rows x() {
    return x;
  }

  /** Gives back all of it, even where the device fails to take some. */
  @Override
  public void close() {
    try (Allocation memory = new Allocation(device)) {
      for (Rows rows : new Rows[] {angles, x, normed, qkv, attended, gateUp, activated}) {
        memory.part(rows.buffer(), Buffer::close);
      }
    }
  }
}
