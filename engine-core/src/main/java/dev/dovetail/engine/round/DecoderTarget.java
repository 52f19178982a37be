package dev.dovetail.engine.round;

import dev.dovetail.engine.decoder.DecoderState;
import dev.dovetail.engine.decoder.LayerSpan;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Buffer;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A target that runs its layers where their weights are. Shares its weights, owns its state.
 *
 * <p>A pass holds the lock of the target's own device throughout, so that nothing is closed below
 * it, and another device's around the layers that lie there.
 */
public final class DecoderTarget implements Target {
  /**
   * Tokens of one prompt pass: enough to amortise the unpacking of weights, few enough for the
   * caches.
   */
  static final int MAX_PASS_TOKENS = 128;

  private final TargetWeights weights;
  private final Device device;
  private final List<DecoderState> states = new ArrayList<>();
  private final int capacity;

  /**
   * The first span from which on no other device is needed; all of them where the last is there.
   */
  private final int lastStretch;

  private final Rows features;

  /** Of the last pass, once they are read; what crosses between devices, before. */
  private final float[] hostFeatures;

  private Rows logits;
  private float[] hostLogits;
  private int passTokens;
  private boolean featuresRead;

  /**
   * @param context most tokens of the sequence; a pass may hold {@link TreeShape#MAX_NODES} more
   */
  public DecoderTarget(TargetWeights weights, int context) {
    this.weights = weights;
    device = weights.device();
    capacity = context;
    lastStretch =
        weights.spans().getLast().device().equals(device)
            ? weights.spans().size() - 1
            : weights.spans().size();
    int hidden = weights.config().hidden();
    try (Allocation memory = new Allocation(device)) {
      for (LayerSpan span : weights.spans()) {
        states.add(
            memory.part(
                span.decoder().newState(context + TreeShape.MAX_NODES + 1, MAX_PASS_TOKENS),
                DecoderState::close));
      }
      features = memory.rows(MAX_PASS_TOKENS, hidden);
      logits = memory.rows(1, vocabulary());
      hostFeatures = new float[MAX_PASS_TOKENS * hidden];
      hostLogits = new float[vocabulary()];
      memory.complete(this);
    }
  }

  @Override
  public int vocabulary() {
    return weights.config().vocabulary();
  }

  @Override
  public int featureSize() {
    return weights.config().hidden();
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int maxPassTokens() {
    return MAX_PASS_TOKENS;
  }

  @Override
  public int length() {
    return states.getFirst().cache().length();
  }

  @Override
  public void pass(TreeBatch batch, Logits wanted, Runnable meanwhile) {
    int n = batch.size();
    assert n > 0 && n <= MAX_PASS_TOKENS && batch.prefix() == length() : n;
    ReentrantLock lock = device.lock();
    lock.lock();
    try {
      featuresRead = false;
      Rows x = layers(batch, meanwhile);
      float epsilon = weights.config().normEpsilon();
      device.rmsNorm(x, weights.outputNorm(), epsilon, n, features);
      switch (wanted) {
        case NONE -> {}
        case LAST -> head(features.from(n - 1), 1);
        case ALL -> {
          roomForLogits(n);
          head(features, n);
        }
      }
      passTokens = n;
    } finally {
      lock.unlock();
    }
  }

  /** From the batch's tokens to what the last layer gives, on this device. */
  private Rows layers(TreeBatch batch, Runnable meanwhile) {
    int n = batch.size();
    Rows x = before(0);
    device.embed(weights.embedding(), batch, x);
    for (int i = 0; i < states.size(); i++) {
      if (i == lastStretch) {
        meanwhile.run();
      }
      LayerSpan span = weights.spans().get(i);
      if (span.device().equals(device)) {
        span.decoder().forward(batch, states.get(i));
      } else {
        device.read(x, n, hostFeatures, 0);
        elsewhere(span, batch, states.get(i));
        x = before(i + 1);
        device.write(hostFeatures, 0, n, x);
      }
    }
    if (lastStretch == states.size()) {
      meanwhile.run();
    }
    return x;
  }

  /** Where on this device the input of a span stands, and behind the last one its output. */
  private Rows before(int span) {
    boolean here = span < states.size() && weights.spans().get(span).device().equals(device);
    return here ? states.get(span).x() : features;
  }

  /** The layers of another device, from the host and back to it. */
  private void elsewhere(LayerSpan span, TreeBatch batch, DecoderState state) {
    ReentrantLock lock = span.device().lock();
    lock.lock();
    try {
      span.device().write(hostFeatures, 0, batch.size(), state.x());
      span.decoder().forward(batch, state);
      span.device().read(state.x(), batch.size(), hostFeatures, 0);
    } finally {
      lock.unlock();
    }
  }

  private void head(Rows input, int n) {
    device.matmul(weights.head(), input, n, logits);
    device.read(logits, n, hostLogits, 0);
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

  @Override
  public float[] logits() {
    return hostLogits;
  }

  @Override
  public float[] features() {
    if (!featuresRead) {
      device.lock().lock();
      try {
        device.read(features, passTokens, hostFeatures, 0);
      } finally {
        device.lock().unlock();
      }
      featuresRead = true;
    }
    return hostFeatures;
  }

  @Override
  public void commit(int[] nodes, int count) {
    for (DecoderState state : states) {
      state.cache().commit(nodes, count);
    }
  }

  @Override
  public void truncate(int length) {
    for (DecoderState state : states) {
      state.cache().truncate(length);
    }
  }

  @Override
  public void close() {
    try (Allocation memory = new Allocation(device)) {
      for (Rows rows : new Rows[] {features, logits}) {
        memory.part(rows.buffer(), Buffer::close);
      }
      states.forEach(state -> memory.part(state, DecoderState::close));
    }
  }
}
