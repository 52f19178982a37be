package sample;

import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;

/**
 * A drafter without a network. It guesses that after the last two tokens comes what came after them
 * before, which is often so where a text repeats its prompt: summaries, corrections, code.
 */
public final class PromptLookup implements Drafter {
  /** The whole sequence is at hand in every round, so nothing has to be kept in between. */
  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    for (int next = length - 1; next >= 2; next--) {
      if (context[next - 2] == context[length - 2] && context[next - 1] == context[length - 1]) {
        int end = Math.min(next + shape.depth(), length);
        return TokenTree.chain(Arrays.copyOfRange(context, next, end));
      }
    }
    return TokenTree.EMPTY;
  }

  @Override
  public String name() {
    return "prompt-lookup";
  }

  @Override
  public boolean readsFeatures() {
    return false;
  }

  @Override
  public void extend(AcceptedTokens accepted) {}

  @Override
  public void truncate(int tokens) {}

  /** What an engine's sessions share (here: nothing), and a drafter for each of them. */
  record Model() implements DraftModel {
    @Override
    public String name() {
      return "prompt-lookup";
    }

    @Override
    public Drafter newDrafter(int capacity) {
      return new PromptLookup();
    }
  }
}
