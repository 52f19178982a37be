package dev.dovetail.engine.round;

import java.util.Arrays;

/**
 * How long the last few events of each size took, of those that are not long ago. For one thread.
 */
final class LastTimes {
  /** Events of each size that are remembered. */
  static final int KEPT = 5;

  /** Events of whatever size after which one is forgotten: the machine may be another by then. */
  private static final long AGE = 500;

  private final long[][] times;
  private final long[][] when;
  private final int[] next;
  private final long[] recent = new long[KEPT];
  private long now = AGE;

  /**
   * @param sizes one more than the largest
   */
  LastTimes(int sizes) {
    times = new long[sizes][KEPT];
    when = new long[sizes][KEPT];
    next = new int[sizes];
  }

  void add(int size, long nanos) {
    int at = next[size]++ % KEPT;
    times[size][at] = nanos;
    when[size][at] = ++now;
  }

  int sizes() {
    return next.length;
  }

  /** How many are remembered. */
  int count(int size) {
    return recent(size);
  }

  /**
   * The fastest that is remembered, in nanoseconds: other programs make some events slow, and so
   * does a kernel's first use. Of a size that has one.
   */
  double best(int size) {
    int count = recent(size);
    return Arrays.stream(recent, 0, count).min().orElseThrow();
  }

  /** The median of those that are remembered, in nanoseconds; of a size that has one. */
  double median(int size) {
    int count = recent(size);
    Arrays.sort(recent, 0, count);
    return recent[count / 2];
  }

  private int recent(int size) {
    int count = 0;
    for (int i = 0; i < KEPT; i++) {
      if (when[size][i] > now - AGE) {
        recent[count++] = times[size][i];
      }
    }
    return count;
  }
}
