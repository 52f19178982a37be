package dev.dovetail.engine.round;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts rounds into {@link RoundCounts}; allocates nothing as it counts. For one thread. */
public final class RoundCounter {
  private static final int KINDS = TreeShape.MAX_NODES + 1;

  private final long[] byAccepted = new long[KINDS];
  private final long[] byDepth = new long[KINDS];
  private final long[] wholeByDepth = new long[KINDS];
  private final long[] byNodes = new long[KINDS];
  private long lookedUp;
  private long lookedUpAccepted;

  /** Counts a round. */
  public void add(Round round) {
    byAccepted[round.accepted()]++;
    byDepth[round.depth()]++;
    if (round.accepted() == round.depth()) {
      wholeByDepth[round.depth()]++;
    }
    byNodes[round.drafted()]++;
    if (round.lookedUp()) {
      lookedUp++;
      lookedUpAccepted += round.accepted();
    }
  }

  /** What was counted so far. */
  public RoundCounts counts() {
    SortedMap<Integer, Long> nodes = new TreeMap<>();
    for (int n = 0; n < KINDS; n++) {
      if (byNodes[n] > 0) {
        nodes.put(n, byNodes[n]);
      }
    }
    return new RoundCounts(
        list(byAccepted), list(byDepth), list(wholeByDepth), nodes, lookedUp, lookedUpAccepted);
  }

  private static List<Long> list(long[] counts) {
    int length = counts.length;
    while (length > 0 && counts[length - 1] == 0) {
      length--;
    }
    List<Long> list = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      list.add(counts[i]);
    }
    return list;
  }
}
