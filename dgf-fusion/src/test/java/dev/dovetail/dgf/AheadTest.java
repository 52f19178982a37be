package dev.dovetail.dgf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.dgf.testing.TinyGeneration;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.testing.HumanEval;
import dev.dovetail.models.testing.TestWeights;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees that are drafted while the target verifies, on a CPU that says it has the time. */
class AheadTest {
  /** The draft is the target's real one: a draft that is never right is never ahead either. */
  @ParameterizedTest
  @ValueSource(strings = {"1", "3", "3x2"})
  void theTextIsThatOfPlainDecoding(String shape) {
    try (Engine plain = Dovetail.open(TestWeights.smolLm2()).draft(Draft.none()).build();
        Engine ahead =
            Dovetail.open(TestWeights.smolLm2()).draft(Draft.using(this::beside)).build();
        Engine behind = Dovetail.open(TestWeights.smolLm2()).build()) {
      long used = 0;
      for (SamplingOptions sampling :
          List.of(SamplingOptions.GREEDY.withRepeatPenalty(1.1f, 8), SamplingOptions.of(0.5f, 3))) {
        GenerationOptions options =
            TinyGeneration.options(sampling, 32).withTree(TreeShape.parse(shape));
        int[] prompt = plain.rawPrompt(HumanEval.prompts().get(3));
        Completion expected = TinyGeneration.generate(plain, prompt, options);
        Completion actual = TinyGeneration.generate(ahead, prompt, options);
        assertThat(actual.tokenIds()).as(sampling.toString()).isEqualTo(expected.tokenIds());
        used += actual.stats().ahead().used();
        assertThat(actual.stats().ahead().dropped()).isPositive();
        Completion waiting = TinyGeneration.generate(behind, prompt, options);
        assertThat(waiting.stats().ahead()).isEqualTo(AheadStats.NONE);
        // Trees on guessed features are hardly worse.
        assertThat(actual.stats().rounds()).isLessThan(waiting.stats().rounds() * 5 / 4);
      }
      assertThat(used).isPositive();
    }
  }

  /** The draft on a device that claims to run beside the CPU. */
  private DraftModel beside(DraftTarget target) {
    Device device = target.device();
    Device beside =
        (Device)
            Proxy.newProxyInstance(
                Device.class.getClassLoader(),
                new Class<?>[] {Device.class},
                (proxy, method, arguments) -> {
                  try {
                    return method.getName().equals("runsBeside")
                        ? true
                        : method.invoke(device, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return BundledDraft.find(target.config())
        .orElseThrow()
        .load(new DraftTarget(target.config(), target.embedding(), target.head(), beside));
  }
}
