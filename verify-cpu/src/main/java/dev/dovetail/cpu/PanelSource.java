package dev.dovetail.cpu;

import dev.dovetail.models.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Where panels may be that need not be packed again. */
interface PanelSource {
  /** Nowhere. */
  PanelSource NONE = (tensor, bytes) -> Optional.empty();

  /**
   * The panels of a tensor, {@link PanelPart#data}, if they are here.
   *
   * @param bytes so many they must be
   */
  Optional<MemorySegment> find(Tensor tensor, long bytes);
}
