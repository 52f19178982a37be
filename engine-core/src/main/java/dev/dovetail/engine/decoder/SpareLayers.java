package dev.dovetail.engine.decoder;

import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Matrix;
import dev.dovetail.models.Tensor;
import dev.dovetail.models.load.Model;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * What stands in for layers on another device when that is lost: the same layers on the target's
 * own device, loaded when they are first needed. Owns only what it loads. Safe for use by several
 * threads; loading holds the device's lock.
 */
public final class SpareLayers implements AutoCloseable {
  private final Model model;
  private final TargetWeights weights;
  private LayerSpan loaded;
  private TargetWeights whole;
  private boolean closed;

  /**
   * @param model stays open for as long as this
   * @param weights whose first span is on another device
   */
  public SpareLayers(Model model, TargetWeights weights) {
    if (weights.layersElsewhere() == 0) {
      throw new IllegalArgumentException("all layers are on the target's own device");
    }
    this.model = model;
    this.weights = weights;
  }

  /**
   * The target with all layers on its own device, sharing what lies there anyway. Belongs to this,
   * which closes it.
   *
   * @throws IllegalStateException once this is closed
   */
  public TargetWeights whole() {
    Device device = weights.device();
    ReentrantLock lock = device.lock();
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the layers are closed");
      }
      if (whole == null) {
        loaded = LayerSpan.load(model, device, 0, weights.layersElsewhere(), matrices());
        whole = weights.withFirst(loaded);
      }
      return whole;
    } finally {
      lock.unlock();
    }
  }

  private Function<List<Tensor>, Matrix> matrices() {
    return weights
        .cache()
        .<Function<List<Tensor>, Matrix>>map(cache -> cache::matrix)
        .orElse(weights.device()::matrix);
  }

  /** Frees what was loaded. */
  @Override
  public void close() {
    ReentrantLock lock = weights.device().lock();
    lock.lock();
    try {
      if (!closed && loaded != null) {
        loaded.close();
      }
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
