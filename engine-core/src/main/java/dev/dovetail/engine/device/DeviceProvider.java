package dev.dovetail.engine.device;

import dev.dovetail.models.TensorType;
import java.util.Optional;

/** Makes devices of one kind; found by {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
  /** {@code cpu} or {@code cuda}. */
  String kind();

  /** Why no device of this kind can be opened here, or empty if one can. */
  Optional<String> unavailable();

  /**
   * Why a device of this kind that worked in this process stays off for the rest of it, in one
   * line; empty where none has failed for good.
   */
  default Optional<String> lost() {
    return Optional.empty();
  }

  /** Lets devices of this kind be ready sooner, in the background; does nothing when repeated. */
  void warmUp();

  /**
   * Bits that a weight of a type takes as {@link Device#matrix} packs it, its share of the scales
   * included.
   *
   * @throws IllegalArgumentException for a type that is not one of weights
   */
  double packedBits(TensorType type);

  /**
   * Opens the device.
   *
   * @throws IllegalStateException with its cause if there is none
   */
  Device open(DeviceOptions options);
}
