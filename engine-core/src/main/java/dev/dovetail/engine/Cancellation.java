package dev.dovetail.engine;

/**
 * A switch by which any thread ends running generations after their current pass. Where the token
 * sink itself cancels, no token follows the one that it was given. It stays thrown: generations
 * that are given it later end at once. Safe for use by several threads.
 */
public final class Cancellation {
  private volatile boolean cancelled;

  /** Asks the generation to end; what it has emitted so far is its result. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether {@link #cancel} was called. */
  public boolean isCancelled() {
    return cancelled;
  }
}
