package dev.dovetail.dgf;

import dev.dovetail.engine.Draft;
import dev.dovetail.engine.decoder.TargetWeights;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DecoderTarget;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.DraftTarget;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.models.load.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** A draft model whose quality is known: it runs the target's own weights a second time. */
final class GuessingDraft implements DraftModel {
  /** What it makes of what it knows. */
  enum Guess {
    /** Every level has the target's own choice, first or last, and the path goes on under it. */
    PERFECT,
    /** No level has the target's own choice. */
    WRONG,
    /** Any tokens in any tree. */
    RANDOM,
    /** Never a guess. */
    EMPTY
  }

  private final Guess guess;
  private final Model model;
  private final TargetWeights weights;

  private GuessingDraft(Guess guess, Path path, DraftTarget target) {
    this.guess = guess;
    model = Model.open(path);
    weights = TargetWeights.load(model, target.device());
  }

  /** For the target in a file. */
  static Draft.Model of(Guess guess, Path path) {
    return Draft.using(target -> new GuessingDraft(guess, path, target));
  }

  @Override
  public String name() {
    return guess.name();
  }

  @Override
  public Drafter newDrafter(int capacity) {
    return new Guesser(guess, new DecoderTarget(weights, capacity + TreeShape.MAX_NODES));
  }

  @Override
  public void close() {
    weights.close();
    model.close();
  }

  private static final class Guesser implements Drafter {
    private final Guess guess;
    private final Target target;
    private final SplittableRandom random = new SplittableRandom(11);
    private int[] known = new int[0];
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Integer> parents = new ArrayList<>();

    Guesser(Guess guess, Target target) {
      this.guess = guess;
      this.target = target;
    }

    @Override
    public String name() {
      return guess.name();
    }

    @Override
    public boolean readsFeatures() {
      return false;
    }

    @Override
    public void extend(AcceptedTokens accepted) {}

    @Override
    public void truncate(int count) {}

    @Override
    public TokenTree draft(
        TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
      tokens.clear();
      parents.clear();
      switch (guess) {
        case EMPTY -> {}
        case RANDOM -> {
          for (int node = 0; node < shape.nodes(); node++) {
            add(random.nextInt(target.vocabulary()), random.nextInt(TokenTree.ROOT, node));
          }
        }
        case PERFECT, WRONG -> followTheTarget(shape, context, length, sampler);
      }
      int n = tokens.size();
      return new TokenTree(
          tokens.stream().mapToInt(Integer::intValue).toArray(),
          parents.stream().mapToInt(Integer::intValue).toArray(),
          new float[n]);
    }

    private void followTheTarget(TreeShape shape, int[] context, int length, Sampler sampler) {
      int[] ranked = new int[shape.width() + 1];
      int parent = TokenTree.ROOT;
      for (int depth = 0; depth < shape.depth(); depth++) {
        int at = length + depth;
        read(context, at);
        int choice = sampler.choose(target.logits(), 0, context, at);
        int found =
            sampler.rank(
                target.logits(),
                0,
                target.vocabulary(),
                null,
                context,
                at,
                ranked.length,
                ranked,
                new float[ranked.length]);
        boolean last = depth % 2 == 1;
        int below = -1;
        for (int i = 0, others = 0; i < found && others < shape.width() - right(); i++) {
          if (ranked[i] != choice) {
            below = add(ranked[i], parent);
            others++;
          }
        }
        if (guess == Guess.PERFECT) {
          below = add(choice, parent);
          if (!last) {
            int first = below - shape.width() + 1;
            tokens.set(below, tokens.get(first));
            tokens.set(first, choice);
            below = first;
          }
        }
        parent = below;
        context[at] = tokens.get(below);
      }
    }

    private int right() {
      return guess == Guess.PERFECT ? 1 : 0;
    }

    private int add(int token, int parent) {
      tokens.add(token);
      parents.add(parent);
      return tokens.size() - 1;
    }

    /**
     * Brings the target to the first {@code length} tokens; its logits are then those after the
     * last.
     */
    private void read(int[] context, int length) {
      int limit = Math.min(length - 1, target.length());
      int mismatch = Arrays.mismatch(known, 0, limit, context, 0, limit);
      target.truncate(mismatch < 0 ? limit : mismatch);
      int pass = target.maxPassTokens();
      TreeBatch batch = new TreeBatch(pass);
      int[] rows = new int[pass];
      Arrays.setAll(rows, i -> i);
      while (target.length() < length) {
        int from = target.length();
        int n = Math.min(pass, length - from);
        batch.reset(from);
        for (int i = 0; i < n; i++) {
          batch.add(context[from + i], i - 1);
        }
        target.pass(batch, Logits.LAST);
        target.commit(rows, n);
      }
      known = Arrays.copyOf(context, length);
    }

    @Override
    public void close() {
      target.close();
    }
  }
}
