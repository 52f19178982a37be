package dev.dovetail.engine.sampling;

/**
 * A row of logits divided into the groups of {@link GumbelNoise}, with the largest logit of each.
 * Reused from row to row; one thread.
 */
final class LogitGroups {
  private final int[] group;
  private final int[] start;
  private final float[] max;
  private int size;
  private float largest;

  LogitGroups(int vocabulary) {
    int most = GumbelNoise.groups(vocabulary);
    group = new int[most];
    start = new int[most + 1];
    max = new float[most];
  }

  /**
   * Divides a row.
   *
   * @param logits holds the row at offset..offset+count, not modified
   * @param ids the token of each entry, ascending; null where entry and token are the same
   * @throws IllegalStateException if a logit is NaN or +infinity, or all are -infinity
   */
  void divide(float[] logits, int offset, int count, int[] ids) {
    size = 0;
    largest = Float.NEGATIVE_INFINITY;
    int from = 0;
    while (from < count) {
      int number = (ids == null ? from : ids[from]) >>> GumbelNoise.GROUP_SHIFT;
      int to =
          ids == null
              ? Math.min(count, from + GumbelNoise.GROUP_SIZE)
              : endOfGroup(ids, from, count, number);
      float top = max(logits, offset + from, offset + to);
      // A NaN among the logits makes the maximum NaN.
      if (!(top < Float.POSITIVE_INFINITY)) {
        throw notFinite(logits, offset, from, ids);
      }
      group[size] = number;
      start[size] = from;
      max[size] = top;
      largest = Math.max(largest, top);
      size++;
      from = to;
    }
    start[size] = count;
    if (largest == Float.NEGATIVE_INFINITY) {
      throw new IllegalStateException(
          "all " + count + " logits are -Infinity; wanted at least one finite logit");
    }
  }

  /** Whether a row can be divided: no NaN, no +infinity, and at least one finite logit. */
  static boolean usable(float[] logits, int offset, int count) {
    float top = max(logits, offset, offset + count);
    // A NaN among the logits makes the maximum NaN, of which neither holds.
    return top > Float.NEGATIVE_INFINITY && top < Float.POSITIVE_INFINITY;
  }

  int size() {
    return size;
  }

  /** The largest logit of the row. */
  float largest() {
    return largest;
  }

  /** The number of the g-th group present: its tokens' ids {@code >>> GROUP_SHIFT}. */
  int group(int g) {
    return group[g];
  }

  /** The first entry of the g-th group present. */
  int start(int g) {
    return start[g];
  }

  /** One past the last entry of the g-th group present. */
  int end(int g) {
    return start[g + 1];
  }

  /** The largest logit of the g-th group present. */
  float max(int g) {
    return max[g];
  }

  private static int endOfGroup(int[] ids, int from, int count, int number) {
    int to = from + 1;
    while (to < count && ids[to] >>> GumbelNoise.GROUP_SHIFT == number) {
      to++;
    }
    return to;
  }

  /** Kept this small so that C2 makes vector code of it. */
  private static float max(float[] x, int from, int to) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  private static IllegalStateException notFinite(float[] logits, int offset, int from, int[] ids) {
    int i = from;
    while (logits[offset + i] < Float.POSITIVE_INFINITY) {
      i++;
    }
    return new IllegalStateException(
        "the logit of token "
            + (ids == null ? i : ids[i])
            + " is "
            + logits[offset + i]
            + "; wanted a finite number or -Infinity: the weights or the pass that made it are at"
            + " fault");
  }
}
