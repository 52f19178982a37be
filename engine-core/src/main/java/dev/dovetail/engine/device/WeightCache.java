package dev.dovetail.engine.device;

import dev.dovetail.models.Tensor;
import java.util.List;

/**
 * Makes the matrices of one model, and keeps them in a folder as the device packs them, so that the
 * next start need not. A cache that is missing, damaged or of another version costs time and
 * nothing else. For one thread, until {@link #complete}.
 */
public interface WeightCache extends AutoCloseable {
  /** What {@link Device#matrix} gives, from the folder where it is there. */
  Matrix matrix(List<Tensor> parts);

  /**
   * Says that all matrices have been made. Those that were not in the folder are written to it in
   * the background; a failure is logged.
   */
  void complete();

  /** Waits until the folder is written. Call this before the matrices, which end with it, close. */
  @Override
  void close();
}
