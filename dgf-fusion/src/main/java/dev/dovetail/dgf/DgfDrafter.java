package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.DecoderState;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.DraftNodes;
import dev.dovetail.engine.device.DraftTree;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.Sequence;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.device.TreeGrowth;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The DGF draft on one sequence. Position t of its own cache pairs the feature of token t with the
 * embedding of token t + 1; its output there is its guess of the feature of token t + 1, which the
 * target's head reads as a guess of token t + 2, and which takes the feature's place in the next
 * step of drafting.
 */
final class DgfDrafter implements Drafter {
  private static final int MAX_PASS_TOKENS = 128;

  /**
   * Beside the target each token that is read takes time from it, and a draft guesses little worse
   * for having read fewer: SmolLM2's is right in 63.6 % of cases behind the whole text, 62.0 %
   * behind 32 tokens, 58.2 % behind 8.
   */
  private static final int WINDOW = 32;

  /** A tree behind a trunk, which has as many nodes as a tree at most, and one more. */
  private static final int MAX_GROWN = 2 * TreeShape.MAX_NODES + 1;

  private static final int[] NONE_GIVEN = {};

  private final String name;
  private final DgfWeights weights;
  private final Device device;
  private final DecoderState state;
  private final Fusion fusion;
  private final TreeBatch batch = new TreeBatch(MAX_GROWN);
  private final int[] identity = new int[MAX_PASS_TOKENS];

  /**
   * Guessed features: row 0 after the last verified token, row i + 1 after node i of the tree being
   * drafted.
   */
  private final Rows guesses;

  private final Rows logits;
  private final DraftTree tree;
  private final Map<GrowthPlan, Sequence> sequences = new HashMap<>();
  private final Assumption assumption = new Assumption();

  /**
   * The position in the text at which the draft's own sequence begins. Attention knows of distances
   * alone, so that it counts from 0.
   */
  private int origin;

  DgfDrafter(String name, DgfWeights weights, int capacity) {
    this.name = name;
    this.weights = weights;
    device = weights.device();
    Arrays.setAll(identity, i -> i);
    int widest = TreeShape.MAX_NODES;
    try (Allocation memory = new Allocation(device)) {
      state =
          memory.part(
              weights.decoder().newState(capacity + MAX_GROWN, MAX_GROWN), DecoderState::close);
      fusion = memory.part(new Fusion(weights, MAX_PASS_TOKENS), Fusion::close);
      guesses = memory.rows(MAX_GROWN + 1, weights.hidden());
      logits = memory.rows(widest, weights.head().rows());
      tree = memory.draftTree(MAX_GROWN);
      memory.complete(this);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean readsFeatures() {
    return true;
  }

  @Override
  public int window() {
    return device.runsBeside() ? Integer.MAX_VALUE : WINDOW;
  }

  @Override
  public void extend(AcceptedTokens accepted) {
    int next = origin + state.cache().length();
    if (accepted.position() < next && state.cache().length() > 0) {
      throw new IllegalArgumentException(
          "the draft expects position %d next; found %d".formatted(next, accepted.position()));
    }
    device.lock().lock();
    try {
      settle();
      if (accepted.position() != next) {
        state.cache().truncate(0);
        origin = accepted.position();
      }
      for (int from = 0; from < accepted.count(); from += MAX_PASS_TOKENS) {
        int n = Math.min(MAX_PASS_TOKENS, accepted.count() - from);
        batch.reset(state.cache().length());
        for (int i = 0; i < n; i++) {
          batch.add(accepted.nextTokens()[from + i], i - 1);
        }
        device.writeHalf(accepted.features(), from * weights.hidden(), n, fusion.feature());
        fusion.fuse(batch, state.x());
        weights.decoder().forward(batch, state);
        state.cache().commit(identity, n);
        device.copy(state.x().from(n - 1), 1, guesses);
      }
    } finally {
      device.lock().unlock();
    }
  }

  @Override
  public TokenTree draft(TreeShape shape, float floor, int[] context, int length, Sampler sampler) {
    if (shape.depth() == 0 || state.cache().length() == 0) {
      return TokenTree.EMPTY;
    }
    device.lock().lock();
    try {
      settle();
      Optional<TokenTree> ahead = assumption.take(shape, context, length, sampler);
      if (ahead.isPresent()) {
        return ahead.get();
      }
      queue(
          new GrowthPlan(GrowthPlan.NO_TRUNK, shape), floor, sampler, context, length, NONE_GIVEN);
      DraftNodes nodes = tree.read();
      return new TokenTree(nodes.tokens(), nodes.parents(), nodes.logProbabilities());
    } finally {
      device.lock().unlock();
    }
  }

  @Override
  public void ahead(
      TreeShape shape, TokenTree verified, int[] context, int length, Sampler sampler) {
    int[] path = verified.likeliestPath();
    GrowthPlan plan = new GrowthPlan(path.length, shape);
    int prefix = state.cache().length();
    if (!device.runsBeside() || prefix == 0 || prefix + plan.nodes() > state.cache().capacity()) {
      return;
    }
    device.lock().lock();
    try {
      queue(plan, TreeGrowth.NO_FLOOR, sampler, context, length, path);
      assumption.begin(plan, path, length, sampler);
    } finally {
      device.lock().unlock();
    }
  }

  /** Waits for a tree that was drafted ahead, before the device is given other work. */
  private void settle() {
    if (assumption.open()) {
      long start = System.nanoTime();
      DraftNodes nodes = tree.read();
      assumption.settle(nodes, System.nanoTime() - start);
    }
  }

  @Override
  public AheadStats aheadStats() {
    return assumption.stats();
  }

  /** Has a tree grown: what changes from round to round is sent before, the rest is a sequence. */
  private void queue(
      GrowthPlan plan, float floor, Sampler sampler, int[] context, int length, int[] given) {
    int prefix = state.cache().length();
    batch.reset(prefix);
    tree.begin(
        new TreeGrowth(
            sampler, weights.draftVocabulary(), context, length, given, plan.widths(), floor),
        prefix);
    state.cache().reserve(plan.nodes());
    weights.decoder().rotate(node -> prefix + plan.level(node), 0, plan.nodes(), state);
    sequences.computeIfAbsent(plan, p -> device.sequence(() -> grow(p))).run();
  }

  /** The guesses after a level make the next one, whose nodes make guesses of their own. */
  private void grow(GrowthPlan plan) {
    int rows = 1;
    Rows last = guesses;
    for (int level = 0; level < plan.levels(); level++) {
      if (level > 0) {
        batch.advance();
        if (!tree.addLevel(batch)) {
          return;
        }
        rows = batch.size();
        last = guesses.from(batch.first() + 1);
        device.gatherParents(guesses, batch, fusion.feature());
        fusion.fuse(batch, state.x());
        weights.decoder().layers(batch, state);
        device.copy(state.x(), rows, last);
      }
      if (level >= plan.given()) {
        device.matmul(weights.head(), last, rows, logits);
        tree.grow(logits);
      }
    }
  }

  @Override
  public void truncate(int tokens) {
    device.lock().lock();
    try {
      settle();
      assumption.drop();
    } finally {
      device.lock().unlock();
    }
    state.cache().truncate(Math.clamp(tokens - 1L - origin, 0, state.cache().length()));
  }

  @Override
  public long bytes() {
    return state.cache().bytes();
  }

  @Override
  public void close() {
    state.close();
    fusion.close();
    sequences.values().forEach(Sequence::close);
    tree.close();
    guesses.buffer().close();
    logits.buffer().close();
  }
}
