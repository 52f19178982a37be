package dev.dovetail.engine;

import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.Round;
import dev.dovetail.engine.round.RoundCounter;
import dev.dovetail.engine.round.SpeculativeDecoder;
import dev.dovetail.engine.round.TreePolicy;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.models.ModelFormatException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * One sequence of tokens over an engine's weights. What consecutive prompts share is computed once.
 * Owns its KV cache; for one thread at a time, while other sessions of the engine run on other
 * threads; closing twice is harmless.
 */
public final class Session implements AutoCloseable {
  private final Engine engine;
  private final SpeculativeDecoder decoder;
  private final AtomicBoolean generating = new AtomicBoolean();
  private volatile boolean closed;

  Session(Engine engine, SpeculativeDecoder decoder) {
    this.engine = engine;
    this.decoder = decoder;
  }

  /**
   * Continues a prompt. What it shares with the prompt and answer before is not computed again.
   *
   * @param prompt token ids, at least one, fewer than the engine's context
   * @param sink receives each token as it is accepted, on the calling thread; what it throws ends
   *     the generation and reaches the caller, and the session can go on with any prompt
   * @throws IllegalArgumentException if the prompt does not fit the context or names tokens that do
   *     not exist
   * @throws ModelFormatException if the model's file has changed so that it cannot be read
   * @throws IllegalStateException if this session is generating already (on another thread, or this
   *     is its own sink), or if it or the engine is closed
   */
  public Completion generate(int[] prompt, GenerationOptions options, Consumer<Token> sink) {
    if (!generating.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "this session is generating already: take a session of its own for each text at a time");
    }
    try {
      checkOpen();
      engine.checkPrompt(prompt);
      return new Generation(prompt, options, sink).run();
    } catch (InternalError e) {
      throw MappedFileFault.explained(engine.path(), e);
    } finally {
      generating.set(false);
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the session is closed");
    }
    engine.checkOpen();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      decoder.close();
    }
  }

  /** The tokens of one call, from prompt to reason for ending. */
  private final class Generation {
    private final int[] prompt;
    private final GenerationOptions options;
    private final Consumer<Token> sink;
    private final Sampler sampler;
    private final GrowingText text;
    private final AheadStats aheadBefore = decoder.drafter().aheadStats();
    private final long channelNanosBefore = decoder.channel().nanos();
    private final RoundCounter counter = new RoundCounter();
    private final long bytesToDraftBefore = decoder.channel().bytesToDraft();
    private final long bytesFromDraftBefore = decoder.channel().bytesFromDraft();
    private long rounds;
    private long drafted;
    private long accepted;
    private long draftNanos;
    private long verifyNanos;

    Generation(int[] prompt, GenerationOptions options, Consumer<Token> sink) {
      this.prompt = prompt;
      this.options = options;
      this.sink = sink;
      sampler = new Sampler(options.sampling(), engine.config().vocabulary());
      text =
          new GrowingText(
              engine.tokenizer(), options.maxTokens(), engine.context(), options.stops());
    }

    Completion run() {
      long start = System.nanoTime();
      int computed = decoder.prefill(prompt, sampler, this::cancelled);
      long first = System.nanoTime();
      if (computed < 0) {
        cancel();
      } else {
        emit(prompt.length, false);
      }
      TreePolicy policy = engine.newPolicy(options);
      while (!text.ended()) {
        if (cancelled()) {
          cancel();
        } else {
          round(policy);
        }
      }
      long end = System.nanoTime();
      return new Completion(
          text.text(),
          text.ids(),
          prompt.length,
          text.reason(),
          options.sampling().seed(),
          stats(computed, first - start, end - first));
    }

    /** Asked between passes, where a closed session or engine ends the generation too. */
    private boolean cancelled() {
      checkOpen();
      return options.cancellation().isCancelled();
    }

    private void round(TreePolicy policy) {
      int before = decoder.known();
      int room = Math.min(options.maxTokens() - text.ids().size(), engine.context() - before);
      Round round = decoder.step(policy, sampler, room, text::isEnd);
      rounds++;
      counter.add(round);
      drafted += round.drafted();
      draftNanos += round.draftNanos();
      verifyNanos += round.verifyNanos();
      for (int i = 0; i < round.emitted() && !text.ended(); i++) {
        // The sink may cancel, and nothing may follow, however many tokens the round has accepted.
        if (cancelled()) {
          cancel();
          return;
        }
        boolean guessed = i < round.accepted();
        accepted += guessed ? 1 : 0;
        emit(before + i, guessed);
      }
    }

    /** Emits the token at a position, with which the text may end. */
    private void emit(int position, boolean guessed) {
      int id = decoder.token(position);
      sink.accept(new Token(id, text.add(id, position), guessed));
    }

    /** Releases what was held back for a stop string that now cannot come. */
    private void cancel() {
      String rest = text.end(FinishReason.CANCELLED);
      if (!rest.isEmpty()) {
        sink.accept(new Token(Token.NONE, rest, false));
      }
    }

    private GenerationStats stats(int computed, long firstNanos, long decodeNanos) {
      int later = Math.max(0, text.ids().size() - 1);
      return new GenerationStats(
          engine.loadMs(),
          firstNanos / 1e6,
          computed > 0 ? computed / (firstNanos / 1e9) : 0,
          later > 0 ? later / (decodeNanos / 1e9) : 0,
          rounds,
          rounds > 0 ? (double) later / rounds : 0,
          drafted,
          accepted,
          counter.counts(),
          draftNanos / 1e6,
          verifyNanos / 1e6,
          (decoder.channel().nanos() - channelNanosBefore) / 1e6,
          decoder.drafter().aheadStats().minus(aheadBefore),
          decoder.channel().bytesToDraft() - bytesToDraftBefore,
          decoder.channel().bytesFromDraft() - bytesFromDraftBefore,
          ProcessMemory.peakResidentBytes(),
          engine.gpuBytes(),
          engine.gpuLayers(),
          engine.gpuLost(),
          engine.withLookup(decoder.drafter().name()),
          engine.device().kernels(),
          engine.device().threads());
    }
  }
}
