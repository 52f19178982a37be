package dev.dovetail.engine.round;

import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.TreeBatch;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Does what another target does until a device of it fails, and from then on what a replacement
 * does: it reads the tokens of the sequence anew, none is lost, and the pass that failed is run
 * again. Owns the target, which is closed at once when it is lost, and its replacement.
 */
public final class GuardedTarget implements Target {
  private final Supplier<Target> replacements;
  private final Consumer<DeviceFailure> whenLost;
  private final int vocabulary;
  private final int featureSize;
  private final int capacity;
  private final int maxPassTokens;

  /** Null between a loss and the next pass. */
  private Target target;

  private boolean replaced;
  private int[] committed = new int[256];
  private int length;
  private int[] pending = new int[0];

  // Those of the last pass of a target that is lost, until the next one.
  private float[] lostLogits;
  private float[] lostFeatures;

  /**
   * @param replacements gives a target of the same sizes on an empty sequence, which does not fail;
   *     asked once at most, unless it throws
   * @param whenLost is told once, on the thread that ran the target
   */
  public GuardedTarget(
      Target target, Supplier<Target> replacements, Consumer<DeviceFailure> whenLost) {
    this.target = target;
    this.replacements = replacements;
    this.whenLost = whenLost;
    vocabulary = target.vocabulary();
    featureSize = target.featureSize();
    capacity = target.capacity();
    maxPassTokens = target.maxPassTokens();
  }

  @Override
  public int vocabulary() {
    return vocabulary;
  }

  @Override
  public int featureSize() {
    return featureSize;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public int maxPassTokens() {
    return maxPassTokens;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void pass(TreeBatch batch, Logits wanted, Runnable meanwhile) {
    remember(batch);
    lostLogits = null;
    lostFeatures = null;
    if (target != null) {
      try {
        target.pass(batch, wanted, meanwhile);
        return;
      } catch (DeviceFailure e) {
        lose(e);
      }
    }
    replace();
    target.pass(batch, wanted, meanwhile);
  }

  private void remember(TreeBatch batch) {
    if (pending.length < batch.end()) {
      pending = new int[batch.capacity()];
    }
    for (int i = 0; i < batch.end(); i++) {
      pending[i] = batch.token(i);
    }
  }

  private void replace() {
    Target fresh = replacements.get();
    try {
      replay(fresh);
    } catch (RuntimeException | Error e) {
      try (fresh) {
        throw e;
      }
    }
    target = fresh;
  }

  private void replay(Target fresh) {
    TreeBatch batch = new TreeBatch(maxPassTokens);
    int[] nodes = new int[maxPassTokens];
    Arrays.setAll(nodes, i -> i);
    for (int from = 0; from < length; from += maxPassTokens) {
      int n = Math.min(maxPassTokens, length - from);
      batch.reset(from);
      for (int i = 0; i < n; i++) {
        batch.add(committed[from + i], i - 1);
      }
      fresh.pass(batch, Logits.NONE);
      fresh.commit(nodes, n);
    }
  }

  /** Keeps nothing of a target that is lost but what its last pass gave. */
  private void lose(DeviceFailure failure) {
    if (replaced) {
      throw failure;
    }
    replaced = true;
    Target lost = target;
    target = null;
    try {
      lost.close();
    } catch (DeviceFailure e) {
      failure.addSuppressed(e);
    }
    whenLost.accept(failure);
  }

  @Override
  public float[] logits() {
    return lostLogits == null ? target.logits() : lostLogits;
  }

  @Override
  public float[] features() {
    return lostFeatures == null ? target.features() : lostFeatures;
  }

  @Override
  public void commit(int[] nodes, int count) {
    if (length + count > committed.length) {
      committed = Arrays.copyOf(committed, Math.max(2 * committed.length, length + count));
    }
    for (int i = 0; i < count; i++) {
      committed[length + i] = pending[nodes[i]];
    }
    length += count;
    keeping(() -> target.commit(nodes, count));
  }

  @Override
  public void truncate(int tokens) {
    length = tokens;
    keeping(() -> target.truncate(tokens));
  }

  /** Lets the target follow the sequence; one that fails at it leaves what its last pass gave. */
  private void keeping(Runnable change) {
    if (target == null) {
      return;
    }
    try {
      change.run();
    } catch (DeviceFailure e) {
      lostLogits = target.logits();
      lostFeatures = target.features();
      lose(e);
    }
  }

  /** What cannot be given back is lost as well, and no reason to lose a text that is whole. */
  @Override
  public void close() {
    if (target == null) {
      return;
    }
    try {
      target.close();
    } catch (DeviceFailure e) {
      whenLost.accept(e);
    }
  }
}
