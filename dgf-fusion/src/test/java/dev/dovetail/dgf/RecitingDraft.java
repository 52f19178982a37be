package dev.dovetail.dgf;

import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.DraftModel;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Collections;
import java.util.List;

/**
 * A draft without weights that knows one text by heart: after a token of it, it guesses what
 * follows there, beside wrong tokens. Often right where that text is written, mostly wrong
 * elsewhere.
 */
record RecitingDraft(List<Integer> text) implements DraftModel {
  RecitingDraft {
    text = List.copyOf(text);
  }

  @Override
  public String name() {
    return "reciting";
  }

  @Override
  public Drafter newDrafter(int capacity) {
    return new Reciter(text);
  }

  @Override
  public void close() {}

  private record Reciter(List<Integer> text) implements Drafter {
    @Override
    public String name() {
      return "reciting";
    }

    @Override
    public boolean readsFeatures() {
      return false;
    }

    @Override
    public void extend(AcceptedTokens accepted) {}

    @Override
    public void truncate(int tokens) {}

    @Override
    public TokenTree draft(
        TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
      int at = text.indexOf(context[length - 1]);
      if (length >= 2) {
        List<Integer> pair = List.of(context[length - 2], context[length - 1]);
        int known = Collections.indexOfSubList(text, pair);
        at = known < 0 ? at : known + 1;
      }
      int width = shape.width();
      int[] tokens = new int[shape.nodes()];
      int[] parents = new int[tokens.length];
      for (int node = 0; node < tokens.length; node++) {
        int depth = node / width;
        // The last of a level is right.
        tokens[node] = text.get((at + 1 + depth + node % width + width + 1) % text.size());
        if (node % width == width - 1) {
          tokens[node] = text.get((at + 1 + depth) % text.size());
        }
        parents[node] = depth == 0 ? TokenTree.ROOT : depth * width - 1;
      }
      return new TokenTree(tokens, parents, new float[tokens.length]);
    }
  }
}
