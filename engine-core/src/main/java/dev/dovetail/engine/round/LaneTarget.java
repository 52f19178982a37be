package dev.dovetail.engine.round;

import dev.dovetail.engine.decoder.Activations;
import dev.dovetail.engine.decoder.Decoder;
import dev.dovetail.engine.decoder.Lanes;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.Rows;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A target that runs many sequences through each pass, whose caches belong to the caller. What it
 * gives for a row is what {@link DecoderTarget} gives for that sequence alone, to the bit. Shares
 * its weights, owns room for a pass. For one thread at a time; a pass holds the device's lock.
 */
public final class LaneTarget implements AutoCloseable {
  /** Most rows of a pass, those of all sequences together. */
  public static final int MAX_PASS_TOKENS = DecoderTarget.MAX_PASS_TOKENS;

  private final TargetWeights weights;
  private final Device device;
  private final Decoder decoder;
  private final Activations activations;
  private final Rows features;
  private final Rows chosen;
  private final float[] hostFeatures;
  private Rows logits;
  private float[] hostLogits;

  /**
   * @param weights with all layers on the target's own device
   */
  public LaneTarget(TargetWeights weights) {
    if (weights.layersElsewhere() > 0) {
      throw new IllegalArgumentException(
          weights.layersElsewhere() + " layers are on another device; wanted none");
    }
    this.weights = weights;
    device = weights.device();
    decoder = weights.spans().getFirst().decoder();
    int hidden = weights.config().hidden();
    try (Allocation memory = new Allocation(device)) {
      activations = memory.part(decoder.newActivations(MAX_PASS_TOKENS), Activations::close);
      features = memory.rows(MAX_PASS_TOKENS, hidden);
      chosen = memory.rows(MAX_PASS_TOKENS, hidden);
      logits = memory.rows(1, vocabulary());
      hostFeatures = new float[MAX_PASS_TOKENS * hidden];
      hostLogits = new float[vocabulary()];
      memory.complete(this);
    }
  }

  public int vocabulary() {
    return weights.config().vocabulary();
  }

  /** d. */
  public int featureSize() {
    return weights.config().hidden();
  }

  /** An empty sequence of up to {@code context} tokens. */
  public KvCache newCache(int context) {
    return decoder.newCache(context);
  }

  /**
   * One pass over the rows of all lanes, which the caller commits.
   *
   * @param rows those whose logits are wanted, numbered through all lanes
   * @param count how many of them
   */
  public void pass(Lanes lanes, int[] rows, int count) {
    int n = lanes.rows();
    assert n > 0 && n <= MAX_PASS_TOKENS : n;
    ReentrantLock lock = device.lock();
    lock.lock();
    try {
      Rows x = activations.x();
      int row = 0;
      for (int i = 0; i < lanes.count(); i++) {
        device.embed(weights.embedding(), lanes.batch(i), x.from(row));
        row += lanes.batch(i).size();
      }
      decoder.forward(lanes, activations);
      device.rmsNorm(x, weights.outputNorm(), weights.config().normEpsilon(), n, features);
      device.read(features, n, hostFeatures, 0);
      if (count > 0) {
        head(rows, count);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A row of the head's output is dear: only the wanted ones are computed. */
  private void head(int[] rows, int count) {
    roomForLogits(count);
    for (int i = 0; i < count; i++) {
      device.copy(features.from(rows[i]), 1, chosen.from(i));
    }
    device.matmul(weights.head(), chosen, count, logits);
    device.read(logits, count, hostLogits, 0);
  }

  private void roomForLogits(int n) {
    if (logits.capacity() >= n) {
      return;
    }
    float[] host = new float[Math.multiplyExact(n, vocabulary())];
    Rows larger = Rows.allocate(device, n, vocabulary());
    logits.buffer().close();
    logits = larger;
    hostLogits = host;
  }

  /**
   * {@code [wanted rows][vocabulary]} of the last pass; valid until the next; not to be changed.
   */
  public float[] logits() {
    return hostLogits;
  }

  /** {@code [rows][d]} of the last pass; valid until the next; not to be changed. */
  public float[] features() {
    return hostFeatures;
  }

  @Override
  public void close() {
    try (Allocation memory = new Allocation(device)) {
      for (Rows rows : new Rows[] {features, chosen, logits}) {
        memory.part(rows.buffer(), Buffer::close);
      }
      memory.part(activations, Activations::close);
    }
  }
}
