package dev.dovetail.engine.round;

import java.nio.file.Path;
import java.util.Optional;

/** Loads draft models of one kind; found by {@link java.util.ServiceLoader}. */
public interface DraftProvider {
  /** The draft that comes with the engine for this target, if there is one. */
  Optional<DraftModel> bundled(DraftTarget target);

  /**
   * Loads a checkpoint, or empty if it is not of this provider's kind.
   *
   * @throws dev.dovetail.models.ModelFormatException if it is, but is damaged or made for a target
   *     of another hidden size or vocabulary
   */
  Optional<DraftModel> open(Path checkpoint, DraftTarget target);
}
