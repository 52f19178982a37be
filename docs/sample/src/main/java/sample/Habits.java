package sample;

import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * A drafter without a network. It guesses that after two tokens comes what came after them the last
 * time, in whatever text of the engine: a model has its habits.
 */
public final class Habits implements Drafter {
  private final Map<Pair, Integer> followers;
  private int learnt;

  private Habits(Map<Pair, Integer> followers) {
    this.followers = followers;
  }

  /** The whole sequence is at hand in every round: it learns the newest tokens from there. */
  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    for (int at = Math.max(2, learnt); at < length; at++) {
      followers.put(new Pair(context[at - 2], context[at - 1]), context[at]);
    }
    learnt = length;
    IntStream.Builder chain = IntStream.builder();
    Pair last = new Pair(length < 2 ? -1 : context[length - 2], context[length - 1]);
    for (int level = 0; level < shape.depth() && followers.containsKey(last); level++) {
      int next = followers.get(last);
      chain.add(next);
      last = new Pair(last.second(), next);
    }
    return TokenTree.chain(chain.build().toArray());
  }

  private record Pair(int first, int second) {}

  @Override
  public String name() {
    return "habits";
  }

  @Override
  public boolean readsFeatures() {
    return false;
  }

  @Override
  public void extend(AcceptedTokens accepted) {}

  @Override
  public void truncate(int tokens) {
    learnt = Math.min(learnt, tokens);
  }

  /** What an engine's sessions share, and a drafter for each of them. */
  record Model(Map<Pair, Integer> followers) implements DraftModel {
    Model() {
      this(new ConcurrentHashMap<>());
    }

    @Override
    public String name() {
      return "habits";
    }

    @Override
    public Drafter newDrafter(int capacity) {
      return new Habits(followers);
    }
  }
}
