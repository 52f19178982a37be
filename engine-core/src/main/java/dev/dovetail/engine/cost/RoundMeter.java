package dev.dovetail.engine.cost;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.Token;
import dev.dovetail.engine.round.NoDrafter;
import dev.dovetail.engine.round.SpeculativeDecoder;
import dev.dovetail.engine.round.TreePolicy;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures what a {@link dev.dovetail.engine.plan.Predictor} starts from, and the speeds that it
 * should come to. T(n) is measured by itself, by passes that are thrown away; tau, D and the speeds
 * by generating, greedily, plainly and with the draft (and its lookups, where the engine has any).
 * One pass, one plain step and one round with the draft take turns, so that a machine whose speed
 * changes changes all of them. For one thread.
 */
public final class RoundMeter {
  /** Of every prompt's text. */
  private static final int REPEATS = 3;

  private static final int WARM_UP_TOKENS = 16;
  private static final int LEAST_TOKENS = 16;
  private static final int MOST_TOKENS = 128;

  /** A text's tokens are as many as plain decoding makes in this time. */
  private static final double TEXT_MS = 1500;

  /** Tokens before the passes: as many as a text has on average, with its prompt. */
  private static final int PREFIX = 128;

  /** The JIT goes on for as long, and until then passes take longer. */
  private static final long WARM_UP_NANOS = 2_500_000_000L;

  /**
   * Rounds with a draft.
   *
   * @param draftMs D: drafting, and telling the draft what was verified, in a round
   * @param tokPerS tokens after the first, per second, by the median round
   */
  public record Drafted(double tau, double draftMs, double tokPerS) {}

  /**
   * What was found.
   *
   * @param oneMs T(1)
   * @param nodes n, at least 2: tokens of a verification pass, or of any where there is no draft
   * @param manyMs T(n)
   * @param plainTokPerS plain decoding, by the median pass
   * @param drafted empty without a draft
   */
  public record Measured(
      double oneMs, int nodes, double manyMs, double plainTokPerS, Optional<Drafted> drafted) {}

  private final Engine engine;
  private final TreeShape tree;
  private final List<int[]> prompts;
  private final Consumer<String> progress;

  /**
   * @param tree that the draft is asked for
   * @param prompts texts to continue, at least one
   * @param progress is told what is being measured
   */
  public RoundMeter(
      Engine engine, TreeShape tree, List<String> prompts, Consumer<String> progress) {
    this.engine = engine;
    this.tree = tree;
    this.prompts = prompts.stream().map(engine::rawPrompt).toList();
    this.progress = progress;
  }

  /**
   * Measures, for about a minute. All times are medians.
   *
   * @throws IllegalArgumentException if a prompt does not fit the context
   * @throws IllegalStateException if the model ends every text with its first token
   */
  public Measured measure() {
    int nodes = Math.max(2, tree.nodes() + 1);
    try (CostMeter meter = new CostMeter(engine, progress)) {
      meter.fill(Math.min(PREFIX, engine.context() / 2));
      progress.accept("warm-up");
      Turns warmUp = new Turns(meter, nodes);
      long start = System.nanoTime();
      do {
        text(prompts.getFirst(), WARM_UP_TOKENS, warmUp);
      } while (System.nanoTime() - start < WARM_UP_NANOS);
      int tokens = (int) Math.clamp(TEXT_MS / median(warmUp.plainMs), LEAST_TOKENS, MOST_TOKENS);
      Turns turns = new Turns(meter, nodes);
      List<Text> texts = new ArrayList<>();
      for (int repeat = 0; repeat < REPEATS; repeat++) {
        for (int i = 0; i < prompts.size(); i++) {
          progress.accept(
              "text %d of %d".formatted(repeat * prompts.size() + i + 1, REPEATS * prompts.size()));
          text(prompts.get(i), tokens, turns).ifPresent(texts::add);
        }
      }
      return new Measured(
          median(turns.oneMs),
          nodes,
          median(turns.manyMs),
          1e3 / median(turns.plainMs),
          summary(texts));
    }
  }

  /**
   * A text with the draft, or without one as many turns of the others as it has tokens.
   *
   * @return empty without a draft, and where the text has ended before its first round
   */
  private Optional<Text> text(int[] prompt, int most, Turns turns) {
    int tokens = Math.min(most, room(prompt));
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, engine.config().vocabulary());
    try (SpeculativeDecoder plain = new SpeculativeDecoder(engine.newTarget(), new NoDrafter())) {
      plain.prefill(prompt, sampler, () -> false);
      if (hasDraft()) {
        return drafted(prompt, tokens, () -> turns.take(plain, sampler));
      }
      for (int i = 0; i < tokens; i++) {
        turns.take(plain, sampler);
      }
      return Optional.empty();
    }
  }

  private Optional<Text> drafted(int[] prompt, int tokens, Runnable between) {
    RoundClock clock = new RoundClock(between);
    GenerationOptions options = GenerationOptions.greedy().withMaxTokens(tokens).withTree(tree);
    try (Session session = engine.newSession()) {
      GenerationStats stats = session.generate(prompt, options, clock).stats();
      return stats.rounds() == 0 || clock.roundMs.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Text(
                  stats.tau() * stats.rounds(),
                  stats.rounds(),
                  stats.draftMs() / stats.rounds(),
                  clock.roundMs));
    }
  }

  private boolean hasDraft() {
    return !engine.draftName().equals(NoDrafter.NAME);
  }

  /** Tokens that a text may have behind its prompt. */
  private int room(int[] prompt) {
    int room = engine.context() - prompt.length - 1;
    if (room < 1) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, the context holds %d: shorten it or choose a larger context"
              .formatted(prompt.length, engine.context()));
    }
    return room;
  }

  private Optional<Drafted> summary(List<Text> texts) {
    if (!hasDraft()) {
      return Optional.empty();
    }
    if (texts.isEmpty()) {
      throw new IllegalStateException(
          "the model ends each text before a draft can be measured: give another prompt");
    }
    double tokens = texts.stream().mapToDouble(Text::tokens).sum();
    double tau = tokens / texts.stream().mapToDouble(Text::rounds).sum();
    double roundMs = median(texts.stream().flatMap(text -> text.roundMs().stream()).toList());
    return Optional.of(
        new Drafted(tau, median(texts.stream().map(Text::draftMs).toList()), 1e3 * tau / roundMs));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /**
   * One text with the draft.
   *
   * @param tokens after the first
   * @param draftMs in a round
   * @param roundMs of whole rounds
   */
  private record Text(double tokens, double rounds, double draftMs, List<Double> roundMs) {}

  /**
   * One pass over a token, one over several, and one plain step, which may go on behind the end of
   * a text.
   */
  private static final class Turns {
    private final CostMeter meter;
    private final int nodes;
    private final List<Double> oneMs = new ArrayList<>();
    private final List<Double> manyMs = new ArrayList<>();
    private final List<Double> plainMs = new ArrayList<>();

    Turns(CostMeter meter, int nodes) {
      this.meter = meter;
      this.nodes = nodes;
    }

    void take(SpeculativeDecoder plain, Sampler sampler) {
      oneMs.add(meter.passMs(1));
      manyMs.add(meter.passMs(nodes));
      long start = System.nanoTime();
      plain.step(TreePolicy.fixed(TreeShape.NONE, false), sampler, 1, id -> false);
      plainMs.add((System.nanoTime() - start) / 1e6);
    }
  }

  /**
   * Hears of each token; a round's last one is the target's own choice, and the clock stands while
   * the others take their turn.
   */
  private static final class RoundClock implements Consumer<Token> {
    private final Runnable between;
    private final List<Double> roundMs = new ArrayList<>();
    private long start;

    RoundClock(Runnable between) {
      this.between = between;
    }

    @Override
    public void accept(Token token) {
      if (!token.drafted()) {
        if (start != 0) {
          roundMs.add((System.nanoTime() - start) / 1e6);
        }
        between.run();
        start = System.nanoTime();
      }
    }
  }
}
