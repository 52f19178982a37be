package dev.dovetail.engine.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dovetail.engine.device.DeviceFailure;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A target whose device fails at each of its calls in turn. */
class GuardedTargetTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6, 5};
  private static final int[] OTHER = {3, 1, 4, 1, 7, 7, 2};
  private static final int END = 40;

  /** Passes calls on, and fails the k-th; after it, what a device has lost cannot be read. */
  private static final class Failing implements Target {
    private final FakeTarget target = new FakeTarget(200, 4);
    private final int failing;
    private int calls;
    private int closed;

    Failing(int failing) {
      this.failing = failing;
    }

    private FakeTarget call() {
      if (closed > 0) {
        throw new AssertionError("used after it was closed");
      }
      if (calls++ == failing) {
        throw new DeviceFailure("call " + failing + " fails", true);
      }
      return target;
    }

    @Override
    public int vocabulary() {
      return target.vocabulary();
    }

    @Override
    public int featureSize() {
      return target.featureSize();
    }

    @Override
    public int capacity() {
      return target.capacity();
    }

    @Override
    public int maxPassTokens() {
      return target.maxPassTokens();
    }

    @Override
    public int length() {
      return target.length();
    }

    @Override
    public void pass(TreeBatch batch, Logits wanted, Runnable meanwhile) {
      call().pass(batch, wanted, meanwhile);
    }

    @Override
    public float[] logits() {
      return target.logits();
    }

    @Override
    public float[] features() {
      return target.features();
    }

    @Override
    public void commit(int[] nodes, int count) {
      call().commit(nodes, count);
    }

    @Override
    public void truncate(int length) {
      call().truncate(length);
    }

    @Override
    public void close() {
      closed++;
      if (failing % 2 != 0) {
        throw new DeviceFailure("nor does it close", true);
      }
    }
  }

  /** Two texts in one sequence, the second behind what both prompts share. */
  private static List<Integer> tokens(Target target, TestDrafters.Guess guess) {
    List<Integer> tokens = new ArrayList<>();
    Sampler sampler = new Sampler(SamplingOptions.of(0.8f, 7), FakeTarget.VOCABULARY);
    try (SpeculativeDecoder decoder =
        new SpeculativeDecoder(target, new TestDrafters.Checking(guess))) {
      for (int[] prompt : List.of(PROMPT, OTHER)) {
        assertThat(decoder.prefill(prompt, sampler, () -> false)).isPositive();
        while (decoder.known() < END) {
          decoder.step(
              TreePolicy.fixed(new TreeShape(3, 2), false),
              sampler,
              END - decoder.known(),
              token -> false);
        }
        for (int i = prompt.length; i < END; i++) {
          tokens.add(decoder.token(i));
        }
      }
    }
    return tokens;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noTokenIsLostWhicheverCallFails(boolean perfect) {
    TestDrafters.Guess guess = perfect ? TestDrafters.PERFECT : TestDrafters.WRONG;
    List<Integer> expected = tokens(new FakeTarget(200, 4), guess);
    Failing counting = new Failing(-2);
    assertThat(tokens(counting, guess)).isEqualTo(expected);
    assertThat(counting.calls).isGreaterThan(40);
    for (int k = 0; k < counting.calls; k++) {
      Failing failing = new Failing(k);
      List<DeviceFailure> told = new ArrayList<>();
      List<FakeTarget> replacements = new ArrayList<>();
      GuardedTarget guarded =
          new GuardedTarget(
              failing,
              () -> {
                replacements.add(new FakeTarget(200, 4));
                return replacements.getLast();
              },
              told::add);
      assertThat(tokens(guarded, guess)).as("call %d", k).isEqualTo(expected);
      assertThat(told).as("call %d", k).hasSize(1);
      assertThat(told.getFirst()).hasMessage("call %d fails", k);
      assertThat(told.getFirst().getSuppressed()).as("call %d", k).hasSize(k % 2);
      assertThat(failing.closed).as("closed after call %d", k).isEqualTo(1);
      assertThat(replacements).as("call %d", k).hasSizeLessThanOrEqualTo(1);
      assertThat(guarded.length()).as("call %d", k).isEqualTo(END - 1);
    }
  }

  @Test
  void whatThePassGaveOutlivesItsTarget() {
    // The pass is call 0, the commit call 1.
    Failing failing = new Failing(1);
    GuardedTarget guarded = new GuardedTarget(failing, () -> new FakeTarget(200, 4), failure -> {});
    TreeBatch batch = new TreeBatch(4);
    batch.reset(0);
    batch.add(5, TreeBatch.PREFIX);
    batch.add(6, 0);
    guarded.pass(batch, Target.Logits.ALL);
    float[] logits = guarded.logits().clone();
    float[] features = guarded.features().clone();
    guarded.commit(new int[] {0, 1}, 2);
    assertThat(guarded.logits()).isEqualTo(logits);
    assertThat(guarded.features()).isEqualTo(features);
    assertThat(guarded.length()).isEqualTo(2);
    guarded.close();
  }

  @Test
  void aReplacementThatDoesNotComeIsTheCallersToKnow() {
    Failing failing = new Failing(0);
    List<DeviceFailure> told = new ArrayList<>();
    GuardedTarget guarded =
        new GuardedTarget(
            failing,
            () -> {
              throw new IllegalStateException("the engine is closed");
            },
            told::add);
    assertThatThrownBy(() -> tokens(guarded, TestDrafters.PERFECT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
    assertThat(told).hasSize(1);
    assertThat(failing.closed).isEqualTo(1);
  }

  @Test
  void aTargetThatDoesNotCloseIsNoReasonToLoseAText() {
    Failing failing = new Failing(-1);
    List<DeviceFailure> told = new ArrayList<>();
    GuardedTarget guarded = new GuardedTarget(failing, () -> new FakeTarget(200, 4), told::add);
    guarded.close();
    assertThat(told)
        .singleElement()
        .hasToString("dev.dovetail.engine.device.DeviceFailure: nor does it close");
  }
}
