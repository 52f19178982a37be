package dev.dovetail.engine;

import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import java.nio.file.Path;
import java.util.function.Function;

/** Which draft guesses for the target. The text is the same with each of them. */
public sealed interface Draft {
  /** The draft that comes with the engine for this target; none if there is none. */
  static Draft auto() {
    return new Auto();
  }

  /** Plain decoding. */
  static Draft none() {
    return new None();
  }

  /**
   * A checkpoint: a folder with {@code config.json} and {@code model.safetensors}, or a draft in
   * one file.
   */
  static Draft of(Path checkpoint) {
    return new Checkpoint(checkpoint);
  }

  /**
   * A drafter of the caller's own.
   *
   * @param factory called once, while the engine is built; the engine closes the model that it
   *     makes
   */
  static Draft using(Function<DraftTarget, DraftModel> factory) {
    return new Custom(factory);
  }

  /** See {@link #auto()}. */
  record Auto() implements Draft {}

  /** See {@link #none()}. */
  record None() implements Draft {}

  /** See {@link #of(Path)}. */
  record Checkpoint(Path path) implements Draft {}

  /** See {@link #using(Function)}. */
  record Custom(Function<DraftTarget, DraftModel> factory) implements Draft {}
}
