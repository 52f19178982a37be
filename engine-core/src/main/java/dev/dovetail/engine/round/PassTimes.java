package dev.dovetail.engine.round;

/** T(n), the time of a pass over n tokens, as the last passes took it. For one thread. */
final class PassTimes {
  /** Fewer passes than this say only how fast a size can be. */
  private static final int ENOUGH = 3;

  /**
   * What a further token is assumed to take, as a share of T(1), before passes of several tokens
   * were seen; two cores have 0.2 to 0.6.
   */
  private static final double ASSUMED_SLOPE = 0.3;

  private final LastTimes times = new LastTimes(TreeShape.MAX_NODES + 2);

  /** Notes a pass over n tokens. */
  void add(int n, long nanos) {
    times.add(n, nanos);
  }

  /** Whether T(1) is known, on which all else stands. */
  boolean known() {
    return times.count(1) >= ENOUGH;
  }

  /** T(n) in nanoseconds, from passes over n tokens or else from others; needs {@link #known}. */
  double of(int n) {
    if (times.count(n) >= ENOUGH) {
      return typical(n);
    }
    int below = n - 1;
    while (times.count(below) < ENOUGH) {
      below--;
    }
    int above = n + 1;
    while (above < times.sizes() && times.count(above) < ENOUGH) {
      above++;
    }
    double from = typical(below);
    double slope;
    if (above < times.sizes()) {
      slope = (typical(above) - from) / (above - below);
    } else if (below > 1) {
      slope = (from - typical(1)) / (below - 1);
    } else {
      slope = ASSUMED_SLOPE * from;
    }
    // More tokens never take less, whatever single passes took.
    double others = from + Math.max(0, slope) * (n - below);
    return times.count(n) == 0 ? others : Math.min(others, times.best(n));
  }

  /** A kernel's first uses are slow, so that the fastest counts as long as there are few. */
  private double typical(int n) {
    return times.count(n) < LastTimes.KEPT ? times.best(n) : times.median(n);
  }
}
