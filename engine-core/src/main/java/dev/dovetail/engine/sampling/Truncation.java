package dev.dovetail.engine.sampling;

/**
 * Top-k, top-p and min-p, in this order, as one floor: each of them keeps the first so many entries
 * in the order of {@link LogitOrder}, so all three together do. Reused from row to row; one thread.
 */
final class Truncation {
  /** Gaps to the largest logit within which entries are sought, before the whole row is taken. */
  private static final float[] NEAR = {4, 8, 16, Float.POSITIVE_INFINITY};

  private final int topK;
  private final double topP;
  private final double logMinP;
  private final long[] keys;
  private int size;

  Truncation(SamplingOptions options, int vocabulary) {
    boolean draws = !options.greedy();
    topK = draws && options.topK() < vocabulary ? options.topK() : 0;
    topP = draws ? options.topP() : 1;
    logMinP =
        draws && options.minP() > 0 ? StrictMath.log(options.minP()) : Double.NEGATIVE_INFINITY;
    keys = new long[topK > 0 || topP < 1 ? vocabulary : 0];
  }

  /** The least key that may be chosen; {@link LogitOrder#NONE} if nothing is cut off. */
  long floor(float[] logits, int offset, LogitGroups groups) {
    long floor = LogitOrder.NONE;
    if (topK > 0) {
      floor = topK(logits, offset, groups);
    }
    if (topP < 1) {
      floor = topP(logits, offset, groups);
    }
    if (logMinP > Double.NEGATIVE_INFINITY) {
      floor = Math.max(floor, LogitOrder.leastKey(leastByMinP(groups.largest())));
    }
    return floor;
  }

  /** Leaves the keys of the k first entries in {@link #keys}. */
  private long topK(float[] logits, int offset, LogitGroups groups) {
    if (topK <= groups.size()) {
      gather(logits, offset, groups, kthGroup(groups));
    } else {
      gatherMass(logits, offset, groups, topK, Float.NaN);
    }
    if (size < topK) {
      return LogitOrder.NONE;
    }
    prefix(topK, Float.NaN);
    return leastKept();
  }

  /** A logit that at least k entries reach, unless it is -infinity: the k-th largest maximum. */
  private float kthGroup(LogitGroups groups) {
    size = groups.size();
    for (int g = 0; g < size; g++) {
      keys[g] = LogitOrder.key(groups.max(g), g);
    }
    prefix(topK, Float.NaN);
    return LogitOrder.logit(leastKept());
  }

  /** Of the entries that top-k left, or of all. */
  private long topP(float[] logits, int offset, LogitGroups groups) {
    float largest = groups.largest();
    double wanted;
    if (topK > 0) {
      wanted = topP * mass(0, size, largest);
    } else {
      int count = groups.end(groups.size() - 1);
      wanted = topP * SoftmaxWeights.total(logits, offset, count, largest, 1);
      gatherMass(logits, offset, groups, wanted, largest);
    }
    prefix(wanted, largest);
    return leastKept();
  }

  /** The least float that is not below largest + log(minP), as a double has that sum. */
  private float leastByMinP(float largest) {
    double bound = largest + logMinP;
    float least = (float) bound;
    return least < bound ? Math.nextUp(least) : least;
  }

  /** The keys of the finite entries that reach a logit. */
  private void gather(float[] logits, int offset, LogitGroups groups, float least) {
    size = 0;
    for (int g = 0; g < groups.size(); g++) {
      if (groups.max(g) < least) {
        continue;
      }
      for (int i = groups.start(g); i < groups.end(g); i++) {
        float logit = logits[offset + i];
        if (logit >= least && logit > Float.NEGATIVE_INFINITY) {
          keys[size++] = LogitOrder.key(logit, i);
        }
      }
    }
  }

  /** The keys of so many of the first entries that they have a mass, or of all. */
  private void gatherMass(
      float[] logits, int offset, LogitGroups groups, double wanted, float unit) {
    for (float near : NEAR) {
      gather(logits, offset, groups, groups.largest() - near);
      if (mass(0, size, unit) >= wanted) {
        return;
      }
    }
  }

  /**
   * Reduces the keys to the shortest prefix, in their order, that has a mass.
   *
   * @param wanted at most the mass of all keys
   * @param unit as for {@link #mass}
   */
  private void prefix(double wanted, float unit) {
    int low = 0;
    int high = size;
    double before = 0;
    // The keys before low have too little mass, those before high enough.
    while (high - low > 1) {
      int middle = partition(low, high);
      double mass = mass(low, middle, unit);
      if (before + mass >= wanted) {
        high = middle;
      } else {
        before += mass;
        low = middle;
      }
    }
    size = high;
  }

  /** The least of the keys left by {@link #prefix}, which stands last. */
  private long leastKept() {
    return keys[size - 1];
  }

  /**
   * The mass of a range of the keys, exactly.
   *
   * @param unit the logit of weight 1; NaN: each key counts 1
   */
  private double mass(int from, int to, float unit) {
    if (Float.isNaN(unit)) {
      return to - from;
    }
    double mass = 0;
    for (int i = from; i < to; i++) {
      mass += SoftmaxWeights.weight(LogitOrder.logit(keys[i]) - (double) unit);
    }
    return mass;
  }

  /** Divides a range of two or more different keys: larger ones first, neither part empty. */
  private int partition(int from, int to) {
    long pivot = middleOf(keys[from], keys[(from + to) >>> 1], keys[to - 1]);
    int i = from;
    int j = to - 1;
    while (true) {
      while (keys[i] > pivot) {
        i++;
      }
      while (keys[j] < pivot) {
        j--;
      }
      if (i >= j) {
        return i;
      }
      long key = keys[i];
      keys[i++] = keys[j];
      keys[j--] = key;
    }
  }

  private static long middleOf(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
