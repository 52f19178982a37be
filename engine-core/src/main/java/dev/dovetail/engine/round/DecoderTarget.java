package dev.dovetail.engine.round;

import dev.dovetail.engine.decoder.DecoderState;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import java.util.concurrent.locks.ReentrantLock;

/** A target that runs its decoder on a device. Shares its weights, owns its state. */
public final class DecoderTarget implements Target {
  /**
   * Tokens of one prompt pass: enough to amortise the unpacking of weights, few enough for the
   * caches.
   */
  private static final int MAX_PASS_TOKENS = 128;

  private final TargetWeights weights;
  private final Device device;
  private final DecoderState state;
  private final int capacity;
  private final Rows features;
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
    int hidden = weights.config().hidden();
    try (Allocation memory = new Allocation(device)) {
      state =
          memory.part(
              weights.decoder().newState(context + TreeShape.MAX_NODES + 1, MAX_PASS_TOKENS),
              DecoderState::close);
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
    return state.cache().length();
  }

  @Override
  public void pass(TreeBatch batch, Logits wanted) {
    int n = batch.size();
    assert n > 0 && n <= MAX_PASS_TOKENS && batch.prefix() == length() : n;
    ReentrantLock lock = device.lock();
    lock.lock();
    try {
      device.embed(weights.embedding(), batch, state.x());
      weights.decoder().forward(batch, state);
      float epsilon = weights.config().normEpsilon();
      device.rmsNorm(state.x(), weights.outputNorm(), epsilon, n, features);
      switch (wanted) {
        case NONE -> {}
        case LAST -> head(features.from(n - 1), 1);
        case ALL -> {
          roomForLogits(n);
          head(features, n);
        }
      }
      passTokens = n;
      featuresRead = false;
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
    state.cache().commit(nodes, count);
  }

  @Override
  public void truncate(int length) {
    state.cache().truncate(length);
  }

  @Override
  public void close() {
    state.close();
    features.buffer().close();
    logits.buffer().close();
  }
}
