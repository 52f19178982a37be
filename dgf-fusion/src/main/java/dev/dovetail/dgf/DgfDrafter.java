package dev.dovetail.dgf;

import dev.dovetail.engine.decoder.DecoderState;
import dev.dovetail.engine.device.Allocation;
import dev.dovetail.engine.device.Candidates;
import dev.dovetail.engine.device.Device;
import dev.dovetail.engine.device.Rows;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.AcceptedTokens;
import dev.dovetail.engine.round.Drafter;
import dev.dovetail.engine.round.TokenTree;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;

/**
 * The DGF draft on one sequence. Position t of its own cache pairs the feature of token t with the
 * embedding of token t + 1; its output there is its guess of the feature of token t + 1, which the
 * target's head reads as a guess of token t + 2, and which takes the feature's place in the next
 * step of drafting.
 */
final class DgfDrafter implements Drafter {
  private static final int MAX_PASS_TOKENS = 128;

  private final String name;
  private final DgfWeights weights;
  private final Device device;
  private final DecoderState state;
  private final Fusion fusion;
  private final TreeBatch batch = new TreeBatch(MAX_PASS_TOKENS);
  private final int[] identity = new int[MAX_PASS_TOKENS];

  /**
   * Guessed features: row 0 after the last verified token, row i + 1 after node i of the tree being
   * drafted.
   */
  private final Rows guesses;

  private final int[] guessRows = new int[TreeShape.MAX_NODES];
  private final Rows headInput;
  private final Rows logits;
  private final Candidates candidates = new Candidates();
  private final TreeLevels levels = new TreeLevels();

  DgfDrafter(String name, DgfWeights weights, int capacity) {
    this.name = name;
    this.weights = weights;
    device = weights.device();
    Arrays.setAll(identity, i -> i);
    int widest = TreeShape.MAX_NODES;
    try (Allocation memory = new Allocation(device)) {
      state =
          memory.part(
              weights.decoder().newState(capacity + TreeShape.MAX_NODES + 1, MAX_PASS_TOKENS),
              DecoderState::close);
      fusion = memory.part(new Fusion(weights, MAX_PASS_TOKENS), Fusion::close);
      guesses = memory.rows(TreeShape.MAX_NODES + 1, weights.hidden());
      headInput = memory.rows(widest, weights.hidden());
      logits = memory.rows(widest, weights.head().rows());
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
  public void extend(AcceptedTokens accepted) {
    if (accepted.position() != state.cache().length()) {
      throw new IllegalArgumentException(
          "the draft expects position %d next; found %d"
              .formatted(state.cache().length(), accepted.position()));
    }
    device.lock().lock();
    try {
      for (int from = 0; from < accepted.count(); from += MAX_PASS_TOKENS) {
        int n = Math.min(MAX_PASS_TOKENS, accepted.count() - from);
        batch.reset(state.cache().length());
        for (int i = 0; i < n; i++) {
          batch.add(accepted.nextTokens()[from + i], i - 1);
        }
        device.writeHalf(accepted.features(), from * weights.hidden(), n, fusion.feature());
        forward();
        state.cache().commit(identity, n);
        device.gather(state.x().from(n - 1), identity, 1, guesses);
      }
    } finally {
      device.lock().unlock();
    }
  }

  @Override
  public TokenTree draft(TreeShape shape, int[] context, int length, Sampler sampler) {
    if (shape.depth() == 0 || state.cache().length() == 0) {
      return TokenTree.EMPTY;
    }
    levels.start(shape.width(), context, length, sampler);
    device.lock().lock();
    try {
      batch.reset(state.cache().length());
      guessRows[0] = 0;
      score(1);
      for (int depth = 1; depth < shape.depth() && levels.size() > batch.end(); depth++) {
        expandLastLevel();
        score(batch.size());
        batch.advance();
      }
    } finally {
      device.lock().unlock();
    }
    return levels.tree();
  }

  /** Runs the nodes of the last level, each on the guess above it, and keeps their own guesses. */
  private void expandLastLevel() {
    int first = batch.end();
    int end = levels.size();
    for (int node = first; node < end; node++) {
      batch.add(levels.token(node), levels.parent(node));
      guessRows[node - first] = levels.parent(node) + 1;
    }
    int n = end - first;
    device.gather(guesses, guessRows, n, fusion.feature());
    forward();
    device.gather(state.x(), identity, n, guesses.from(first + 1));
    for (int i = 0; i < n; i++) {
      guessRows[i] = first + i + 1;
    }
  }

  /** The head over the guesses named by {@code guessRows}, whose candidates make a level. */
  private void score(int n) {
    device.gather(guesses, guessRows, n, headInput);
    device.matmul(weights.head(), headInput, n, logits);
    device.rank(logits, n, levels.ranking(weights.draftVocabulary()), candidates);
    levels.grow(candidates);
  }

  /** The batch's pass through fusion and layers, into {@code state.x()}. */
  private void forward() {
    fusion.fuse(batch.passTokens(), batch.size(), state.x());
    weights.decoder().forward(batch, state);
  }

  @Override
  public void truncate(int tokens) {
    state.cache().truncate(Math.clamp(tokens - 1, 0, state.cache().length()));
  }

  @Override
  public long bytes() {
    return state.cache().bytes();
  }

  @Override
  public void close() {
    state.close();
    fusion.close();
    for (Rows rows : new Rows[] {guesses, headInput, logits}) {
      rows.buffer().close();
    }
  }
}
