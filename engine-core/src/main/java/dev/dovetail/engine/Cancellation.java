package dev.dovetail.engine;

/**
 * A switch by which any thread ends a running generation after its current pass. Where the token sink itself cancels,
 * no token follows the one that it was given.
 */
public final class Cancellation {
  private volatile boolean cancelled;

  /** Asks the generation to end; what it has emitted so far is its result. */
  public void cancel() {
    cancelled = true;
  }

  public boolean isCancelled() {
    return cancelled;
  }
}
