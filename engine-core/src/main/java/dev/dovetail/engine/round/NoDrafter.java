package dev.dovetail.engine.round;

import dev.dovetail.engine.sampling.Sampler;

/** Proposes nothing: plain decoding. */
public final class NoDrafter implements Drafter {
  public static final String NAME = "none";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean readsFeatures() {
    return false;
  }

  @Override
  public void extend(AcceptedTokens accepted) {}

  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    return TokenTree.EMPTY;
  }

  @Override
  public void truncate(int tokens) {}
}
