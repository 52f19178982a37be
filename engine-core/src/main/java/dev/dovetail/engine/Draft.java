package dev.dovetail.engine;

import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import java.nio.file.Path;
import java.util.function.Function;

/** Who guesses for the target. The text is the same with each of them. */
public sealed interface Draft {
  /**
   * The best there is: {@link #lookup(Model)} with the draft that comes with the engine for this
   * target, or {@link #lookup()} where none does.
   */
  static Draft auto() {
    return lookup(new Bundled(false));
  }

  /** Plain decoding. */
  static Model none() {
    return new None();
  }

  /** The draft that comes with the engine for this target; without one, no engine is built. */
  static Model bundled() {
    return new Bundled(true);
  }

  /**
   * A checkpoint: a folder with {@code config.json} and {@code model.safetensors}, or a draft in
   * one file.
   */
  static Model of(Path checkpoint) {
    return new Checkpoint(checkpoint);
  }

  /**
   * A drafter of the caller's own.
   *
   * @param factory called once, while the engine is built; the engine closes the model that it
   *     makes
   */
  static Model using(Function<DraftTarget, DraftModel> factory) {
    return new Custom(factory);
  }

  /**
   * The text itself: where it ends as it has read before, what came then (prompt lookup). It needs
   * no network and no memory, and any target can have it.
   */
  static Draft lookup() {
    return lookup(none());
  }

  /** The text itself where it has read so before, and elsewhere a draft model. */
  static Draft lookup(Model otherwise) {
    return new Lookup(otherwise);
  }

  /** Whether the text itself may suggest what follows. */
  default boolean looksUp() {
    return this instanceof Lookup;
  }

  /** Who guesses where the text itself does not. */
  Model model();

  /** A draft model, or none. */
  sealed interface Model extends Draft {
    @Override
    default Model model() {
      return this;
    }
  }

  /** See {@link #none()}. */
  record None() implements Model {}

  /**
   * See {@link #bundled()} and {@link #auto()}.
   *
   * @param needed whether it is an error that there is none
   */
  record Bundled(boolean needed) implements Model {}

  /** See {@link #of(Path)}. */
  record Checkpoint(Path path) implements Model {}

  /** See {@link #using(Function)}. */
  record Custom(Function<DraftTarget, DraftModel> factory) implements Model {}

  /** See {@link #lookup(Model)}. */
  record Lookup(Model model) implements Draft {}
}
