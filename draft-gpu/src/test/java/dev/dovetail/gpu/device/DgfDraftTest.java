package dev.dovetail.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dovetail.dgf.DgfProvider;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.gpu.driver.HostDriver;
import dev.dovetail.models.testing.HumanEval;
import dev.dovetail.models.testing.TestWeights;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The whole DGF draft of SmolLM2 on the GPU that the CPU plays, beside the same draft on the CPU:
 * round by round the same trees, but where two candidates lie closer than the tolerance.
 */
class DgfDraftTest {
  private static final int PROMPTS = 20;
  private static final int TOKENS = 8;

  /** Between log-probabilities that the two devices give the same node. */
  private static final float TOLERANCE = 2e-3f;

  private int rounds;
  private int same;
  private float worst;

  /** Tells and asks two drafters the same, compares what they guess, and takes the first's. */
  private final class Both implements Drafter {
    private final Drafter cpu;
    private final Drafter gpu;

    Both(Drafter cpu, Drafter gpu) {
      this.cpu = cpu;
      this.gpu = gpu;
    }

    @Override
    public String name() {
      return "both";
    }

    @Override
    public boolean readsFeatures() {
      return true;
    }

    @Override
    public void extend(AcceptedTokens accepted) {
      cpu.extend(accepted);
      gpu.extend(accepted);
    }

    @Override
    public TokenTree draft(TreeShape shape, int[] context, int length, Sampler sampler) {
      TokenTree expected = cpu.draft(shape, context.clone(), length, sampler);
      TokenTree actual = gpu.draft(shape, context, length, sampler);
      rounds++;
      int node = 0;
      while (node < expected.size() && isSame(expected, actual, node)) {
        node++;
      }
      same += node == expected.size() ? 1 : 0;
      return expected;
    }

    /** Whether a node is the same in both trees; where it is not, the two must be nearly equal. */
    private boolean isSame(TokenTree expected, TokenTree actual, int node) {
      float difference =
          Math.abs(expected.logProbabilities()[node] - actual.logProbabilities()[node]);
      assertThat(difference)
          .as(
              "node %d: token %d on the CPU, %d on the GPU",
              node, expected.tokens()[node], actual.tokens()[node])
          .isLessThan(TOLERANCE);
      worst = Math.max(worst, difference);
      return expected.tokens()[node] == actual.tokens()[node]
          && expected.parents()[node] == actual.parents()[node];
    }

    @Override
    public void truncate(int tokens) {
      cpu.truncate(tokens);
      gpu.truncate(tokens);
    }

    @Override
    public void close() {
      cpu.close();
      gpu.close();
    }
  }

  private DraftModel both(DraftTarget target, CudaDevice device) {
    DgfProvider drafts = new DgfProvider();
    DraftModel cpu = drafts.bundled(target).orElseThrow();
    DraftModel gpu =
        drafts
            .bundled(new DraftTarget(target.config(), target.embedding(), target.head(), device))
            .orElseThrow();
    return new DraftModel() {
      @Override
      public String name() {
        return "both";
      }

      @Override
      public Drafter newDrafter(int capacity) {
        return new Both(cpu.newDrafter(capacity), gpu.newDrafter(capacity));
      }

      @Override
      public void close() {
        cpu.close();
        gpu.close();
      }
    };
  }

  @Test
  void guessesTheTreesOfTheCpu() {
    HostDriver.whyNot().ifPresent(Assumptions::abort);
    List<String> all = HumanEval.prompts();
    assertThat(all).hasSize(164);
    List<String> prompts = IntStream.range(0, PROMPTS).mapToObj(i -> all.get(8 * i)).toList();
    try (CudaDevice device = new CudaDevice(new HostDriver(1L << 30, 1), KvType.F32, 1L << 30)) {
      long before = device.usedBytes();
      try (Engine engine =
          Dovetail.open(TestWeights.smolLm2())
              .context(512)
              .draft(Draft.using(target -> both(target, device)))
              .build()) {
        for (int i = 0; i < PROMPTS; i++) {
          SamplingOptions sampling =
              i % 2 == 0 ? SamplingOptions.GREEDY : SamplingOptions.of(0.8f, i);
          engine.complete(
              prompts.get(i),
              GenerationOptions.greedy()
                  .withSampling(sampling)
                  .withMaxTokens(TOKENS)
                  .withTree(TreeShape.parse("4x2")),
              token -> {});
        }
      }
      assertThat(rounds).isGreaterThan(2 * PROMPTS);
      assertThat(same)
          .as("of %d rounds; worst difference %s", rounds, worst)
          .isGreaterThan(rounds * 9 / 10);
      // What a device keeps for itself are indices and paths.
      assertThat(device.usedBytes()).as("left of " + before).isLessThan(before + (64 << 10));
    }
  }
}
