package dev.dovetail.engine.selftest;

import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;

/** Tells and asks two drafters the same, compares what they guess, and takes the first's. */
final class TwinDrafter implements Drafter {
  /** What was found, by all drafters of a {@link Model}. */
  static final class Tally {
    private int rounds;
    private int same;
    private double worst;

    DraftReport report(String draft, double tolerance) {
      return new DraftReport(draft, rounds, same, worst, tolerance);
    }
  }

  /**
   * The same draft on two devices.
   *
   * @param first owned
   * @param second owned
   */
  record Model(DraftModel first, DraftModel second, Tally tally) implements DraftModel {
    @Override
    public String name() {
      return first.name();
    }

    @Override
    public Drafter newDrafter(int capacity) {
      return new TwinDrafter(first.newDrafter(capacity), second.newDrafter(capacity), tally);
    }

    @Override
    public void close() {
      try (second) {
        first.close();
      }
    }
  }

  private final Drafter first;
  private final Drafter second;
  private final Tally tally;

  private TwinDrafter(Drafter first, Drafter second, Tally tally) {
    this.first = first;
    this.second = second;
    this.tally = tally;
  }

  @Override
  public String name() {
    return first.name();
  }

  @Override
  public boolean readsFeatures() {
    return first.readsFeatures();
  }

  @Override
  public int window() {
    return Math.max(first.window(), second.window());
  }

  @Override
  public void extend(AcceptedTokens accepted) {
    first.extend(accepted);
    second.extend(accepted);
  }

  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    TokenTree expected = first.draft(shape, floor, context.clone(), length, sampler);
    compare(expected, second.draft(shape, floor, context, length, sampler));
    return expected;
  }

  private void compare(TokenTree expected, TokenTree actual) {
    tally.rounds++;
    for (int node = 0; node < expected.size(); node++) {
      if (node == actual.size()) {
        tally.worst = Double.POSITIVE_INFINITY;
        return;
      }
      double difference =
          Math.abs((double) expected.logProbabilities()[node] - actual.logProbabilities()[node]);
      tally.worst = Math.max(tally.worst, difference);
      if (expected.tokens()[node] != actual.tokens()[node]
          || expected.parents()[node] != actual.parents()[node]) {
        return;
      }
    }
    tally.same++;
  }

  @Override
  public void truncate(int tokens) {
    first.truncate(tokens);
    second.truncate(tokens);
  }

  @Override
  public void close() {
    try (second) {
      first.close();
    }
  }
}
