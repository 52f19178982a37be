package dev.dovetail.engine;

import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.sampling.Sampler;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * One text on its way through shared passes: first its prompt is read, then a token comes with each
 * pass. Owns its cache. For one thread.
 */
final class BatchLane implements AutoCloseable {
  private final BatchPrompt prompt;
  private final KvCache cache;
  private final TreeBatch batch;
  private final int[] rows;
  private final int width;
  private final Sampler sampler;
  private final GrowingText text;
  private int[] context;
  private int known;
  private float[] features = {};

  /**
   * @param cache empty; belongs to this from here on
   * @param maxPassTokens most tokens that it is asked to read at once
   * @param width of a feature
   */
  BatchLane(BatchPrompt prompt, Engine engine, KvCache cache, int maxPassTokens, int width) {
    this.prompt = prompt;
    this.cache = cache;
    this.width = width;
    batch = new TreeBatch(maxPassTokens);
    rows = IntStream.range(0, maxPassTokens).toArray();
    sampler = new Sampler(prompt.sampling(), engine.config().vocabulary());
    text =
        new GrowingText(engine.tokenizer(), prompt.maxTokens(), engine.context(), prompt.stops());
    context = prompt.tokens().clone();
    known = context.length;
  }

  KvCache cache() {
    return cache;
  }

  /** What it reads in this pass. */
  TreeBatch batch() {
    return batch;
  }

  /** Tokens that are known and not read yet: one, once the prompt has been read. */
  int unread() {
    return known - cache.length();
  }

  /**
   * Takes its next tokens into the batch, at most so many.
   *
   * @return whether the next token is wanted after them
   */
  boolean read(int most) {
    int from = cache.length();
    int n = Math.min(most, unread());
    batch.reset(from);
    for (int i = 0; i < n; i++) {
      batch.add(context[from + i], i - 1);
    }
    return n == unread() && prompt.maxTokens() > 0;
  }

  /** How many of the prompt's tokens are in the batch. */
  int promptTokens() {
    return Math.clamp(prompt.tokens().length - cache.length(), 0, batch.size());
  }

  /**
   * Keeps what the pass has read.
   *
   * @param source holds its rows of features from number {@code row} on
   */
  void keep(float[] source, int row) {
    int n = batch.size();
    if (prompt.features()) {
      int end = Math.multiplyExact(cache.length() + n, width);
      if (features.length < end) {
        features = Arrays.copyOf(features, Math.max(end, 2 * features.length));
      }
      System.arraycopy(source, row * width, features, cache.length() * width, n * width);
    }
    cache.commit(rows, n);
    if (unread() == 0 && prompt.maxTokens() == 0) {
      text.end(FinishReason.LENGTH);
    }
  }

  /** Chooses the next token by the logits at an offset. */
  void choose(float[] logits, int offset) {
    int id = sampler.choose(logits, offset, context, known);
    if (known == context.length) {
      context = Arrays.copyOf(context, 2 * known);
    }
    context[known] = id;
    text.add(id, known);
    known++;
  }

  boolean ended() {
    return text.ended();
  }

  BatchText result() {
    float[] exact = prompt.features() ? Arrays.copyOf(features, cache.length() * width) : features;
    return new BatchText(prompt, text.ids(), text.text(), text.reason(), exact);
  }

  @Override
  public void close() {
    cache.close();
  }
}
