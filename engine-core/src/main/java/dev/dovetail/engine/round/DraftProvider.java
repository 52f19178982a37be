package dev.dovetail.engine.round;

import dev.dovetail.engine.decoder.DecoderShape;
import dev.dovetail.models.Tensor;
import java.nio.file.Path;
import java.util.List;
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

  /** Gives the weights of a draft that has no file. */
  @FunctionalInterface
  interface Weights {
    /**
     * A tensor of that shape, which lives until the draft is loaded.
     *
     * @param name of the checkpoint's
     * @param shape one extent for a norm, two for a matrix
     */
    Tensor tensor(String name, List<Long> shape);
  }

  /**
   * Loads a draft of a shape from weights that are made, to measure how fast it is; empty if this
   * provider's kind has other shapes.
   *
   * @param shape {@code hidden} is that of the target's head
   * @param target with a head that the draft takes whole
   */
  Optional<DraftModel> made(DecoderShape shape, Weights weights, DraftTarget target);
}
