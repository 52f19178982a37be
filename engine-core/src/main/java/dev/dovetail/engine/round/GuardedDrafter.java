package dev.dovetail.engine.round;

import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.sampling.Sampler;
import java.util.function.Consumer;

/**
 * Does what another drafter does until its device fails, and from then on guesses nothing: a text
 * that has begun goes on without a draft, and no token of it changes. Owns the other drafter, which
 * is closed at once when it is lost.
 */
public final class GuardedDrafter implements Drafter {
  private final Consumer<DeviceFailure> whenLost;
  private final String name;
  private Drafter drafter;
  private AheadStats aheadBeforeLoss = AheadStats.NONE;

  /**
   * @param name for statistics and messages
   * @param whenLost is told once, on the thread that was drafting
   */
  public GuardedDrafter(Drafter drafter, String name, Consumer<DeviceFailure> whenLost) {
    this.drafter = drafter;
    this.whenLost = whenLost;
    this.name = name;
  }

  @Override
  public String name() {
    return drafter instanceof NoDrafter ? name + " (lost)" : name;
  }

  @Override
  public boolean readsFeatures() {
    return drafter.readsFeatures();
  }

  @Override
  public int window() {
    return drafter.window();
  }

  @Override
  public void extend(AcceptedTokens accepted) {
    try {
      drafter.extend(accepted);
    } catch (DeviceFailure e) {
      lose(e);
    }
  }

  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    try {
      return drafter.draft(shape, floor, context, length, sampler);
    } catch (DeviceFailure e) {
      lose(e);
      return TokenTree.EMPTY;
    }
  }

  @Override
  public void ahead(
      TreeShape shape, TokenTree verified, int[] context, int length, Sampler sampler) {
    try {
      drafter.ahead(shape, verified, context, length, sampler);
    } catch (DeviceFailure e) {
      lose(e);
    }
  }

  @Override
  public AheadStats aheadStats() {
    return drafter instanceof NoDrafter ? aheadBeforeLoss : drafter.aheadStats();
  }

  @Override
  public void truncate(int tokens) {
    try {
      drafter.truncate(tokens);
    } catch (DeviceFailure e) {
      lose(e);
    }
  }

  private void lose(DeviceFailure failure) {
    Drafter lost = drafter;
    aheadBeforeLoss = lost.aheadStats();
    drafter = new NoDrafter();
    try {
      lost.close();
    } catch (DeviceFailure e) {
      failure.addSuppressed(e);
    }
    whenLost.accept(failure);
  }

  @Override
  public long bytes() {
    return drafter.bytes();
  }

  /** What cannot be given back is lost as well, and no reason to lose a text that is whole. */
  @Override
  public void close() {
    try {
      drafter.close();
    } catch (DeviceFailure e) {
      whenLost.accept(e);
    }
  }
}
