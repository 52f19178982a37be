package dev.dovetail.engine.round;

import dev.dovetail.engine.sampling.Sampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Drafters whose guesses are known: always right, random, always wrong. */
final class TestDrafters {
  private TestDrafters() {}

  /** What a kind of drafter guesses after a sequence, best first. */
  interface Guess {
    int[] candidates(int[] tokens, int length, int width, Sampler sampler);
  }

  static final Guess PERFECT =
      (tokens, length, width, sampler) -> {
        int[] all = ranked(tokens, length, sampler);
        return Arrays.copyOf(all, width);
      };

  static final Guess WRONG =
      (tokens, length, width, sampler) -> {
        int[] all = ranked(tokens, length, sampler);
        return Arrays.copyOfRange(all, 1, 1 + width);
      };

  static Guess random(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return (tokens, length, width, sampler) ->
        random.ints(width, 0, FakeTarget.VOCABULARY).toArray();
  }

  /** Guesses the same tree, whatever it is asked for. */
  static Drafter fixed(TokenTree tree) {
    return new Drafter() {
      @Override
      public String name() {
        return "fixed";
      }

      @Override
      public boolean readsFeatures() {
        return false;
      }

      @Override
      public void extend(AcceptedTokens accepted) {}

      @Override
      public TokenTree draft(
          TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
        return tree;
      }

      @Override
      public void truncate(int tokens) {}
    };
  }

  /** The target's own choice first, the other tokens behind it. */
  private static int[] ranked(int[] tokens, int length, Sampler sampler) {
    float[] logits = new float[FakeTarget.VOCABULARY];
    FakeTarget.logits(tokens, length, logits, 0);
    int choice = sampler.choose(logits, 0, tokens, length);
    int[] all = new int[FakeTarget.VOCABULARY];
    all[0] = choice;
    for (int token = 0, at = 1; token < all.length; token++) {
      if (token != choice) {
        all[at++] = token;
      }
    }
    return all;
  }

  /**
   * Grows full trees from a guess, and checks what it is told: positions without gaps but for those
   * that a window allows, no more tokens at once than it says, each feature that of the token at
   * its position, each next token the one that stands there.
   */
  static final class Checking implements Drafter {
    private final Guess guess;
    private final int window;
    private int extended;

    /** Tokens in all. */
    int told;

    Checking(Guess guess) {
      this(guess, Integer.MAX_VALUE);
    }

    /** One that is told no more than so many tokens at once. */
    Checking(Guess guess, int window) {
      this.guess = guess;
      this.window = window;
    }

    @Override
    public int window() {
      return window;
    }

    @Override
    public String name() {
      return "checking";
    }

    @Override
    public boolean readsFeatures() {
      return true;
    }

    private static final int UNSEEN = -1;
    private final List<Integer> sequence = new ArrayList<>();

    @Override
    public void extend(AcceptedTokens accepted) {
      boolean anew = window < Integer.MAX_VALUE && accepted.position() > extended;
      if (accepted.count() > window) {
        throw new AssertionError(accepted.count() + " tokens for a window of " + window);
      }
      while (anew && sequence.size() < accepted.position()) {
        sequence.add(UNSEEN);
      }
      if (accepted.position() != extended && !anew) {
        throw new AssertionError("position " + accepted.position() + " after " + extended);
      }
      for (int i = 0; i < accepted.count(); i++) {
        int position = accepted.position() + i;
        float token = feature(accepted, i * FakeTarget.FEATURE);
        float at = feature(accepted, i * FakeTarget.FEATURE + 1);
        boolean known = position < sequence.size() && sequence.get(position) != UNSEEN;
        if (at != position || (known && sequence.get(position) != token)) {
          throw new AssertionError("feature of %s at %s for %d".formatted(token, at, position));
        }
        while (sequence.size() > position) {
          sequence.removeLast();
        }
        sequence.add((int) token);
        sequence.add(accepted.nextTokens()[i]);
      }
      extended = accepted.position() + accepted.count();
      told += accepted.count();
    }

    private static float feature(AcceptedTokens accepted, int at) {
      return Float.float16ToFloat(accepted.features()[at]);
    }

    @Override
    public TokenTree draft(
        TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
      if (extended != length - 1) {
        throw new AssertionError("knows " + extended + " features of " + length + " tokens");
      }
      List<Integer> tokens = new ArrayList<>();
      List<Integer> parents = new ArrayList<>();
      List<int[]> level = List.of(Arrays.copyOf(context, length));
      List<Integer> levelNodes = List.of(TokenTree.ROOT);
      for (int depth = 0; depth < shape.depth(); depth++) {
        List<int[]> next = new ArrayList<>();
        List<Integer> nextNodes = new ArrayList<>();
        for (int i = 0; i < level.size() && next.size() < shape.width(); i++) {
          int[] path = level.get(i);
          for (int token : guess.candidates(path, path.length, shape.width(), sampler)) {
            if (next.size() == shape.width()) {
              break;
            }
            int[] longer = Arrays.copyOf(path, path.length + 1);
            longer[path.length] = token;
            next.add(longer);
            nextNodes.add(tokens.size());
            tokens.add(token);
            parents.add(levelNodes.get(i));
          }
        }
        level = next;
        levelNodes = nextNodes;
      }
      // A drafter may scribble behind the sequence.
      Arrays.fill(context, length, context.length, -7);
      return new TokenTree(
          tokens.stream().mapToInt(Integer::intValue).toArray(),
          parents.stream().mapToInt(Integer::intValue).toArray(),
          new float[tokens.size()]);
    }

    @Override
    public void truncate(int tokens) {
      extended = Math.min(extended, Math.max(0, tokens - 1));
      while (sequence.size() > tokens) {
        sequence.removeLast();
      }
    }
  }
}
