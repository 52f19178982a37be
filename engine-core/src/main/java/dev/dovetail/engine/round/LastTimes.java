package dev.dovetail.engine.round;

/**
 * How long events of each size take: the fastest of the last few, because other programs make some
 * of them slow, and so does a kernel's first use. For one thread.
 */
final class LastTimes {
  /** Events of each size that are remembered: so many slow ones are believed. */
  private static final int KEPT = 5;

  private final long[][] last;
  private final int[] counts;

  /**
   * @param sizes one more than the largest
   */
  LastTimes(int sizes) {
    last = new long[sizes][KEPT];
    counts = new int[sizes];
  }

  void add(int size, long nanos) {
    last[size][counts[size]++ % KEPT] = nanos;
  }

  int sizes() {
    return counts.length;
  }

  /** How many there were of a size. */
  int count(int size) {
    return counts[size];
  }

  /** The fastest of the remembered, in nanoseconds; of a size that there was. */
  double best(int size) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < Math.min(counts[size], KEPT); i++) {
      best = Math.min(best, last[size][i]);
    }
    return best;
  }
}
