package dev.dovetail.engine.round;

import dev.dovetail.engine.plan.DraftShape;
import java.util.Optional;

/**
 * A draft's weights, shared by all sessions; makes a {@link Drafter} for each. Safe for use by
 * several threads.
 */
public interface DraftModel extends AutoCloseable {
  /**
   * For statistics and messages, such as {@code dgf smollm2-135m-instruct (2 layers, 8192 tokens)}.
   */
  String name();

  /** What it takes of memory, for a plan; empty where that is not known. */
  default Optional<DraftShape> shape() {
    return Optional.empty();
  }

  /**
   * A drafter for one sequence.
   *
   * @param capacity most tokens of the sequence
   */
  Drafter newDrafter(int capacity);

  /** Frees what sessions share; its drafters are closed by then. */
  @Override
  default void close() {}
}
