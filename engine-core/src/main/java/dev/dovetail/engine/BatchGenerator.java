package dev.dovetail.engine;

import dev.dovetail.engine.decoder.Lanes;
import dev.dovetail.engine.device.KvCache;
import dev.dovetail.engine.round.LaneTarget;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Continues many prompts at once, for throughput: texts share passes over the weights, and where
 * one ends the next prompt takes its place at once. Each text is the one that a {@link Session}
 * would make of its prompt with the same options, token for token, and so are its features, to the
 * bit. No draft is used.
 *
 * <p>Keys and values are taken as texts grow, and given back as they end. For one thread at a time;
 * closing twice is harmless.
 */
public final class BatchGenerator implements AutoCloseable {
  private final Engine engine;
  private final LaneTarget target;
  private final int most;
  private final Lanes pass = new Lanes();
  private final int[] wantedRows = new int[LaneTarget.MAX_PASS_TOKENS];
  private final List<BatchLane> inPass = new ArrayList<>();
  private final List<BatchLane> choosing = new ArrayList<>();
  private final AtomicBoolean running = new AtomicBoolean();
  private final AtomicLong promptTokens = new AtomicLong();
  private final AtomicLong generatedTokens = new AtomicLong();
  private volatile boolean closed;

  /**
   * @param most texts at once, 1 to {@link LaneTarget#MAX_PASS_TOKENS}
   */
  BatchGenerator(Engine engine, LaneTarget target, int most) {
    this.engine = engine;
    this.target = target;
    this.most = most;
  }

  /**
   * Continues all prompts.
   *
   * @param prompts each is asked for when there is room for it
   * @param sink receives each text as it ends, in no particular order, on the calling thread; what
   *     it throws ends the run and reaches the caller
   * @param cancellation ends the run after its current pass; texts that have not ended are dropped
   * @throws IllegalArgumentException if a prompt does not fit the context or names tokens that do
   *     not exist
   * @throws dev.dovetail.models.ModelFormatException if the model's file has changed so that it
   *     cannot be read
   * @throws IllegalStateException if this is running already, or if it or the engine is closed
   */
  public void run(
      Iterator<BatchPrompt> prompts, Consumer<BatchText> sink, Cancellation cancellation) {
    if (!running.compareAndSet(false, true)) {
      throw new IllegalStateException("this batch is running already: take one for each thread");
    }
    List<BatchLane> lanes = new ArrayList<>();
    try {
      while (!cancellation.isCancelled()) {
        checkOpen();
        while (lanes.size() < most && prompts.hasNext()) {
          lanes.add(newLane(prompts.next()));
        }
        if (lanes.isEmpty()) {
          return;
        }
        pass(lanes);
        deliver(lanes, sink);
      }
    } catch (InternalError e) {
      throw MappedFileFault.explained(engine.path(), e);
    } finally {
      lanes.forEach(BatchLane::close);
      running.set(false);
    }
  }

  /** Tokens of prompts that were read so far. Any thread may ask. */
  public long promptTokens() {
    return promptTokens.get();
  }

  /** Tokens that were generated so far, those of dropped texts too. Any thread may ask. */
  public long generatedTokens() {
    return generatedTokens.get();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the batch is closed");
    }
    engine.checkOpen();
  }

  private BatchLane newLane(BatchPrompt prompt) {
    try {
      engine.checkPrompt(prompt.tokens());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "prompt '%s': %s".formatted(prompt.id(), e.getMessage()), e);
    }
    KvCache cache = target.newCache(engine.context());
    return new BatchLane(prompt, engine, cache, LaneTarget.MAX_PASS_TOKENS, target.featureSize());
  }

  /**
   * One pass: a token of each text that is being generated, and what room is left for the prompts
   * that are being read, the oldest first.
   */
  private void pass(List<BatchLane> lanes) {
    pass.clear();
    inPass.clear();
    choosing.clear();
    for (BatchLane lane : lanes) {
      if (lane.unread() == 1) {
        add(lane, 1);
      }
    }
    for (BatchLane lane : lanes) {
      int room = LaneTarget.MAX_PASS_TOKENS - pass.rows();
      if (lane.unread() > 1 && room > 0) {
        add(lane, room);
      }
    }
    target.pass(pass, wantedRows, choosing.size());
    int row = 0;
    for (BatchLane lane : inPass) {
      promptTokens.addAndGet(lane.promptTokens());
      lane.keep(target.features(), row);
      row += lane.batch().size();
    }
    for (int i = 0; i < choosing.size(); i++) {
      choosing.get(i).choose(target.logits(), i * target.vocabulary());
    }
    generatedTokens.addAndGet(choosing.size());
  }

  private void add(BatchLane lane, int room) {
    boolean last = lane.read(room);
    pass.add(lane.cache(), lane.batch());
    inPass.add(lane);
    if (last) {
      wantedRows[choosing.size()] = pass.rows() - 1;
      choosing.add(lane);
    }
  }

  private static void deliver(List<BatchLane> lanes, Consumer<BatchText> sink) {
    for (Iterator<BatchLane> all = lanes.iterator(); all.hasNext(); ) {
      BatchLane lane = all.next();
      if (lane.ended()) {
        all.remove();
        try (lane) {
          sink.accept(lane.result());
        }
      }
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      target.close();
    }
  }
}
