package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A draft whose device fails at each of its calls in turn. */
class GuardedDrafterTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};
  private static final int ROUNDS = 6;

  /** Passes calls on, and fails the k-th. */
  private static final class Failing implements Drafter {
    private final Drafter drafter = new TestDrafters.Checking(TestDrafters.PERFECT);
    private final int failing;
    private int calls;
    private boolean closed;

    Failing(int failing) {
      this.failing = failing;
    }

    private void call() {
      if (calls++ == failing) {
        throw new DeviceFailure("call " + failing + " fails", true);
      }
    }

    @Override
    public String name() {
      return "failing";
    }

    @Override
    public boolean readsFeatures() {
      return drafter.readsFeatures();
    }

    @Override
    public void extend(AcceptedTokens accepted) {
      call();
      drafter.extend(accepted);
    }

    @Override
    public TokenTree draft(
        TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
      call();
      return drafter.draft(shape, floor, context, length, sampler);
    }

    @Override
    public void ahead(
        TreeShape shape, TokenTree verified, int[] context, int length, Sampler sampler) {
      call();
    }

    @Override
    public AheadStats aheadStats() {
      return new AheadStats(1, 2, 3);
    }

    @Override
    public void truncate(int tokens) {
      call();
      drafter.truncate(tokens);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static List<Integer> tokens(Drafter drafter) {
    List<Integer> tokens = new ArrayList<>();
    try (SpeculativeDecoder decoder = new SpeculativeDecoder(new FakeTarget(200, 4), drafter)) {
      Sampler sampler = new Sampler(SamplingOptions.of(0.8f, 7), FakeTarget.VOCABULARY);
      decoder.prefill(PROMPT, sampler, () -> false);
      for (int i = 0; i < ROUNDS || decoder.known() < 40; i++) {
        decoder.step(TreePolicy.fixed(new TreeShape(3, 1), false), sampler, 40, token -> false);
      }
      for (int i = PROMPT.length; i < 40; i++) {
        tokens.add(decoder.token(i));
      }
    }
    return tokens;
  }

  @Test
  void noTokenIsLostWhicheverCallFails() {
    List<Integer> plain = tokens(new NoDrafter());
    Failing counting = new Failing(-1);
    assertThat(tokens(counting)).isEqualTo(plain);
    assertThat(counting.calls).isGreaterThan(2 * ROUNDS);
    for (int k = 0; k < counting.calls; k++) {
      Failing failing = new Failing(k);
      List<DeviceFailure> told = new ArrayList<>();
      GuardedDrafter guarded = new GuardedDrafter(failing, "failing", told::add);
      assertThat(tokens(guarded)).as("call %d", k).isEqualTo(plain);
      assertThat(told).as("call %d", k).hasSize(1);
      assertThat(told.getFirst()).hasMessage("call %d fails", k);
      assertThat(failing.closed).as("closed after call %d", k).isTrue();
      assertThat(failing.calls).as("calls after call %d", k).isEqualTo(k + 1);
      assertThat(guarded.name()).isEqualTo("failing (lost)");
      assertThat(guarded.aheadStats()).isEqualTo(new AheadStats(1, 2, 3));
    }
  }

  @Test
  void theCallersMistakesAreNotSwallowed() {
    Drafter broken = TestDrafters.fixed(TokenTree.chain(1, 2, 3, 4));
    GuardedDrafter guarded = new GuardedDrafter(broken, "fixed", failure -> {});
    assertThat(guarded.name()).isEqualTo("fixed");
    assertThatThrownBy(() -> tokens(guarded)).isInstanceOf(IllegalStateException.class);
  }
}
