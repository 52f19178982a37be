package dev.dovetail.engine.sampling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The rules of sampling written plainly: whole sorts, noise for every token, nothing left out. */
final class ReferenceSampler {
  private record Candidate(int token, float logit) {}

  /** Subtracted from zero, since a comparator tells minus zero from zero. */
  private static final Comparator<Candidate> LIKELIEST_FIRST =
      Comparator.comparingDouble((Candidate c) -> 0.0 - c.logit())
          .thenComparingInt(Candidate::token);

  private ReferenceSampler() {}

  static int choose(SamplingOptions o, float[] logits, int[] context, int length) {
    List<Candidate> kept = candidates(o, logits, null, context, length);
    if (!o.greedy()) {
      if (o.topK() > 0 && o.topK() < kept.size()) {
        kept = kept.subList(0, o.topK());
      }
      if (o.topP() < 1) {
        kept = nucleus(kept, o.topP());
      }
      if (o.minP() > 0) {
        double floor = kept.getFirst().logit() + StrictMath.log(o.minP());
        kept = kept.stream().filter(c -> c.logit() >= floor).toList();
      }
    }
    return ranked(o, kept, length).getFirst();
  }

  static List<Integer> rank(
      SamplingOptions o, float[] logits, int[] ids, int[] context, int length) {
    return ranked(o, candidates(o, logits, ids, context, length), length);
  }

  /** What could be chosen at all, likeliest first. */
  private static List<Candidate> candidates(
      SamplingOptions o, float[] logits, int[] ids, int[] context, int length) {
    List<Integer> recent = new ArrayList<>();
    for (int i = Math.max(0, length - o.repeatWindow()); i < length; i++) {
      recent.add(context[i]);
    }
    List<Candidate> all = new ArrayList<>();
    for (int i = 0; i < logits.length; i++) {
      int token = ids == null ? i : ids[i];
      float logit = logits[i];
      if (recent.contains(token)) {
        logit = logit > 0 ? logit / o.repeatPenalty() : logit * o.repeatPenalty();
      }
      if (logit > Float.NEGATIVE_INFINITY) {
        all.add(new Candidate(token, logit));
      }
    }
    all.sort(LIKELIEST_FIRST);
    return all;
  }

  private static List<Candidate> nucleus(List<Candidate> sorted, double p) {
    double largest = sorted.getFirst().logit();
    double total = 0;
    for (Candidate c : sorted) {
      total += StrictMath.exp(c.logit() - largest);
    }
    double sum = 0;
    int n = 0;
    while (n < sorted.size() && (n == 0 || sum < p * total)) {
      sum += StrictMath.exp(sorted.get(n).logit() - largest);
      n++;
    }
    return sorted.subList(0, n);
  }

  private static double noise(long seed, int position, int token) {
    GumbelNoise noise = new GumbelNoise(seed);
    noise.enter(position, token >>> GumbelNoise.GROUP_SHIFT);
    return noise.of(token);
  }

  private static List<Integer> ranked(SamplingOptions o, List<Candidate> kept, int position) {
    Comparator<Candidate> bestFirst =
        Comparator.comparingDouble((Candidate c) ->
            o.greedy()
                ? 0.0 - c.logit()
                : 0.0
                    - (c.logit() / (double) o.temperature()
                        + noise(o.seed(), position, c.token())));
    return kept.stream()
        .sorted(bestFirst.thenComparingInt(Candidate::token))
        .map(Candidate::token)
        .toList();
  }
}
