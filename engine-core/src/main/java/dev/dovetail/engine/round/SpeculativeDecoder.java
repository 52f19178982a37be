package dev.dovetail.engine.round;

import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;

/**
 * The round of Dovetail (arXiv 2412.18934) on one sequence: draft a tree, verify it in one pass of
 * the target, accept a path, pass the new features on.
 *
 * <p>The sequence is {@code known} tokens; all but the last, the pending one, are in the target's
 * cache. The drafter has seen the features of those, each paired with the token after it, or the
 * channel still holds the last of them.
 *
 * <p>Owns its target and drafter. For one thread at a time.
 */
public final class SpeculativeDecoder implements AutoCloseable {
  /**
   * A drafter that wants all tokens is told of so many at once, asked or not: it reads many faster
   * than each by itself, and more would wait too long.
   */
  private static final int MOST_COLLECTED = 64;

  private final Target target;
  private final Drafter drafter;
  private final FeatureChannel channel;
  private final AcceptanceRule acceptance = new AcceptanceRule();
  private final TreeBatch batch;
  private final int[] rows;
  private final int[] context;
  private int known;

  // What the last pass has verified: it enters the channel before the next pass, so that the tokens
  // of a round are out before.
  private int newPosition;
  private int[] newRows;
  private int newCount;
  private int newNextAt;

  public SpeculativeDecoder(Target target, Drafter drafter) {
    this.target = target;
    this.drafter = drafter;
    channel = new FeatureChannel(drafter.window());
    batch = new TreeBatch(Math.max(target.maxPassTokens(), TreeShape.MAX_NODES + 1));
    rows = new int[batch.capacity()];
    Arrays.setAll(rows, i -> i);
    // Room behind the sequence for what drafters write while they guess, and guess ahead.
    context = new int[target.capacity() + 2 * (TreeShape.MAX_NODES + 1)];
  }

  /** Tokens known: those of the prompt and those emitted since. */
  public int known() {
    return known;
  }

  /** The token at a position below {@link #known}. */
  public int token(int position) {
    return context[position];
  }

  public Drafter drafter() {
    return drafter;
  }

  public FeatureChannel channel() {
    return channel;
  }

  /**
   * Reads a prompt and chooses the first token after it. What the sequence already shares with the
   * prompt is not computed again.
   *
   * @param prompt at least one token, fewer than the target's capacity
   * @param cancelled asked between passes
   * @return how many of the prompt's tokens were computed, or -1 if cancelled before the first
   *     token
   */
  public int prefill(int[] prompt, Sampler sampler, BooleanSupplier cancelled) {
    if (prompt.length == 0 || prompt.length >= target.capacity()) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens; this context holds 1 to %d"
              .formatted(prompt.length, target.capacity() - 1));
    }
    passOn();
    // The feature of the last shared token is needed again, with the token that follows it now.
    int shared = shared(prompt);
    int start = Math.min(Math.max(0, shared - 1), target.length());
    channel.truncate(start);
    tell();
    target.truncate(start);
    drafter.truncate(Math.min(shared, start + 1));
    System.arraycopy(prompt, 0, context, 0, prompt.length);
    known = start;
    for (int from = start; from < prompt.length; from += target.maxPassTokens()) {
      if (cancelled.getAsBoolean()) {
        return -1;
      }
      int to = Math.min(prompt.length, from + target.maxPassTokens());
      batch.reset(from);
      for (int i = from; i < to; i++) {
        batch.add(context[i], i - from - 1);
      }
      boolean end = to == prompt.length;
      passOn();
      target.pass(batch, end ? Logits.LAST : Logits.NONE);
      target.commit(rows, to - from);
      if (end) {
        context[to] = sampler.choose(target.logits(), 0, context, to);
      }
      known = end ? to + 1 : to;
      remember(from, rows, to - from, from + 1);
    }
    return prompt.length - start;
  }

  /**
   * One round.
   *
   * @param policy asked how much to guess, and told what came of it
   * @param limit the most tokens to emit, at least 1
   * @param last a token after which none is emitted
   */
  public Round step(TreePolicy policy, Sampler sampler, int limit, IntPredicate last) {
    long start = System.nanoTime();
    passOn();
    TokenTree found = lookUp(policy, limit);
    boolean lookedUp = found.size() > 0;
    TreeShape shape = lookedUp || limit == 1 ? TreeShape.NONE : policy.next();
    TokenTree tree =
        lookedUp ? found : policy.worthwhile(draft(shape, policy.floor(), sampler, limit));
    long drafted = System.nanoTime();

    batch.reset(target.length());
    batch.add(context[known - 1], TreeBatch.PREFIX);
    for (int i = 0; i < tree.size(); i++) {
      batch.add(tree.tokens()[i], tree.parents()[i] + 1);
    }
    int depth = tree.depth();
    target.pass(batch, Logits.ALL, () -> draftAhead(shape, tree, depth, sampler, limit));
    acceptance.follow(
        tree, target.logits(), target.vocabulary(), sampler, context, known, limit, last);
    target.commit(acceptance.path(), acceptance.length());

    int token = context[known];
    known += acceptance.emitted();
    remember(
        target.length() - acceptance.length(),
        acceptance.path(),
        acceptance.length(),
        known - acceptance.length());
    long verified = System.nanoTime();
    Round round =
        new Round(
            lookedUp,
            tree.size(),
            depth,
            acceptance.length() - 1,
            acceptance.emitted(),
            drafted - start,
            verified - drafted);
    policy.observe(round, tree, acceptance.last(), token);
    return round;
  }

  /** Of what the text itself suggests, the part to verify. */
  private TokenTree lookUp(TreePolicy policy, int limit) {
    int most = Math.min(policy.longestLookup(), limit - 1);
    return policy.lookedUp(PromptLookup.guess(context, known, most));
  }

  /** A drafter that is not asked need not know the newest tokens either. */
  private TokenTree draft(TreeShape shape, float floor, Sampler sampler, int limit) {
    TreeShape affordable = new TreeShape(Math.min(shape.depth(), limit - 1), shape.width());
    if (affordable.depth() == 0) {
      return TokenTree.EMPTY;
    }
    tell();
    TokenTree guess = drafter.draft(affordable, floor, context, known, sampler);
    check(guess, affordable);
    return channel.fromDraft(guess);
  }

  /** What may follow the tree, of {@code depth} levels, that the target is verifying. */
  private void draftAhead(TreeShape shape, TokenTree tree, int depth, Sampler sampler, int limit) {
    int room = limit - depth - 1;
    int wanted = Math.min(shape.depth(), room - 1);
    if (wanted > 0) {
      drafter.ahead(new TreeShape(wanted, shape.width()), tree, context, known, sampler);
    }
  }

  /** A drafter may be anybody's. */
  private void check(TokenTree tree, TreeShape shape) {
    if (tree.size() > shape.nodes()) {
      throw new IllegalStateException(
          "the drafter %s guessed a tree of %d nodes; it was asked for %d at most"
              .formatted(drafter.name(), tree.size(), shape.nodes()));
    }
    for (int token : tree.tokens()) {
      if (token < 0 || token >= target.vocabulary()) {
        throw new IllegalStateException(
            "the drafter %s guessed the token %d; the target has tokens 0 to %d"
                .formatted(drafter.name(), token, target.vocabulary() - 1));
      }
    }
  }

  /**
   * Notes newly verified tokens.
   *
   * @param position of the first in the sequence
   * @param passRows their rows in the last pass; must stay as they are until they are passed on
   * @param nextAt where in the sequence the token after the first stands
   */
  private void remember(int position, int[] passRows, int count, int nextAt) {
    newPosition = position;
    newRows = passRows;
    newCount = count;
    newNextAt = nextAt;
  }

  /** The features of newly verified tokens, each with the token after it, into the channel. */
  private void passOn() {
    if (newCount == 0) {
      return;
    }
    boolean features = drafter.readsFeatures();
    channel.collect(
        newPosition,
        features ? target.features() : null,
        target.featureSize(),
        features ? newRows : null,
        newCount,
        context,
        newNextAt);
    newCount = 0;
    if (channel.collected() >= MOST_COLLECTED) {
      tell();
    }
  }

  /** What the channel holds to the drafter. */
  private void tell() {
    if (channel.collected() > 0) {
      drafter.extend(channel.toDraft());
    }
  }

  private int shared(int[] prompt) {
    int limit = Math.min(prompt.length, known);
    int mismatch = Arrays.mismatch(context, 0, limit, prompt, 0, limit);
    return mismatch < 0 ? limit : mismatch;
  }

  @Override
  public void close() {
    drafter.close();
    target.close();
  }
}
