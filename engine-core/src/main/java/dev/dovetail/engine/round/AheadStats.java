package dev.dovetail.engine.round;

/**
 * What came of drafting ahead.
 *
 * @param used trees that were guessed while the target verified, and held
 * @param dropped trees that did not
 * @param hiddenNanos of the used ones, how long the draft's device worked while nobody waited
 */
public record AheadStats(long used, long dropped, long hiddenNanos) {
  /** Nothing was drafted ahead. */
  public static final AheadStats NONE = new AheadStats(0, 0, 0);

  /** All trees that were drafted ahead. */
  public long tried() {
    return used + dropped;
  }

  /** What came since. */
  public AheadStats minus(AheadStats before) {
    return new AheadStats(
        used - before.used, dropped - before.dropped, hiddenNanos - before.hiddenNanos);
  }
}
