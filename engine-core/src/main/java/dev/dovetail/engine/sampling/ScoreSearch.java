package dev.dovetail.engine.sampling;

/**
 * Finds the entries of a row with the largest logit / temperature + noise, or the largest logits
 * when greedy. Groups are visited from the most promising bound downwards and left out once their
 * bound cannot enter the result, so noise is drawn only for tokens that can still win; the result
 * is that of drawing it for all. Reused from row to row; one thread.
 */
final class ScoreSearch {
  /**
   * Added to a group's largest noise before it is used as a bound. The noise of a token and the
   * ceiling of its group come from two logarithms, each wrong by less than one unit in the last
   * place, that is below 1e-14 for noise below 43. Division and addition are monotonic as rounded.
   */
  private static final double SLACK = 1e-12;

  private final GumbelNoise noise;
  private final boolean greedy;
  private final double temperature;
  private final double[] bounds;
  private int[] entries = new int[1];
  private double[] scores = new double[1];
  private int width;
  private int found;

  ScoreSearch(SamplingOptions options, int vocabulary) {
    noise = new GumbelNoise(options.seed());
    greedy = options.greedy();
    temperature = greedy ? 1 : options.temperature();
    bounds = new double[GumbelNoise.groups(vocabulary)];
  }

  /**
   * Searches a row; {@link #entry} then names what was found.
   *
   * @param groups the row, divided
   * @param ids the token of each entry, ascending; null where entry and token are the same
   * @param floor entries with a {@link LogitOrder#key} below this are left out
   * @param wanted how many are wanted
   * @return how many were found: fewer than wanted only if fewer have a finite logit
   */
  int search(
      float[] logits,
      int offset,
      int[] ids,
      LogitGroups groups,
      int position,
      long floor,
      int wanted) {
    reset(wanted);
    bound(groups, position, LogitOrder.logit(floor));
    for (int g = best(groups.size()); g >= 0 && canEnter(bounds[g]); g = best(groups.size())) {
      visit(logits, offset, ids, groups, g, position, floor);
      bounds[g] = Double.NEGATIVE_INFINITY;
    }
    return found;
  }

  /** The entry with the n-th largest score; of equal scores the lower entry comes first. */
  int entry(int n) {
    return entries[n];
  }

  private void visit(
      float[] logits, int offset, int[] ids, LogitGroups groups, int g, int position, long floor) {
    double ceiling = 0;
    if (!greedy) {
      noise.enter(position, groups.group(g));
      ceiling = noise.ceiling() + SLACK;
    }
    for (int i = groups.start(g); i < groups.end(g); i++) {
      float logit = logits[offset + i];
      double scaled = logit / temperature;
      if (logit > Float.NEGATIVE_INFINITY
          && canEnter(scaled + ceiling)
          && LogitOrder.key(logit, i) >= floor) {
        offer(i, greedy ? scaled : scaled + noise.of(ids == null ? i : ids[i]));
      }
    }
  }

  private void reset(int wanted) {
    if (wanted > entries.length) {
      entries = new int[wanted];
      scores = new double[wanted];
    }
    width = wanted;
    found = 0;
  }

  /** No score of a group exceeds its bound; -infinity where no entry reaches the floor's logit. */
  private void bound(LogitGroups groups, int position, float least) {
    for (int g = 0; g < groups.size(); g++) {
      float max = groups.max(g);
      if (max < least || max == Float.NEGATIVE_INFINITY) {
        bounds[g] = Double.NEGATIVE_INFINITY;
      } else if (greedy) {
        bounds[g] = max;
      } else {
        noise.enter(position, groups.group(g));
        bounds[g] = max / temperature + (noise.ceiling() + SLACK);
      }
    }
  }

  /** The group with the largest bound, or -1 if none is left. */
  private int best(int size) {
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int g = 0; g < size; g++) {
      if (bounds[g] > most) {
        most = bounds[g];
        best = g;
      }
    }
    return best;
  }

  /** Equal to the last place counts: a lower entry wins a tie. */
  private boolean canEnter(double bound) {
    return found < width || bound >= scores[width - 1];
  }

  private void offer(int entry, double score) {
    if (found == width && !before(score, entry, width - 1)) {
      return;
    }
    int place = found < width ? found++ : width - 1;
    while (place > 0 && before(score, entry, place - 1)) {
      scores[place] = scores[place - 1];
      entries[place] = entries[place - 1];
      place--;
    }
    scores[place] = score;
    entries[place] = entry;
  }

  private boolean before(double score, int entry, int place) {
    return score > scores[place] || (score == scores[place] && entry < entries[place]);
  }
}
