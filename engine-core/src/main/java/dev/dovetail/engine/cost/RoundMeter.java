package dev.dovetail.engine.cost;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.Token;
import dev.dovetail.engine.round.NoDrafter;
import dev.dovetail.engine.round.SpeculativeDecoder;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Measures what a {@link dev.dovetail.engine.plan.Predictor} starts from, and the speeds that it
 * should come to. T(n) is measured by itself, by passes that are thrown away; tau, D and the speeds
 * by generating, greedily, plainly and with the draft in turn. For one thread.
 */
public final class RoundMeter {
  /** Of texts and of passes, in turn. */
  private static final int REPEATS = 3;

  private static final int WARM_UP_TOKENS = 16;
  private static final int LEAST_TOKENS = 16;
  private static final int MOST_TOKENS = 128;

  /** A text's tokens are as many as plain decoding makes in this time. */
  private static final double TEXT_MS = 1500;

  /** Tokens before the passes: as many as a text has on average, with its prompt. */
  private static final int PREFIX = 128;

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
   * Measures, for about a minute. All times are medians, and what is compared takes turns.
   *
   * @throws IllegalArgumentException if a prompt does not fit the context
   * @throws IllegalStateException if the model ends every text with its first token
   */
  public Measured measure() {
    progress.accept("warm-up");
    plain(prompts.getFirst(), WARM_UP_TOKENS);
    drafted(prompts.getFirst(), WARM_UP_TOKENS);
    double msPerToken = median(plain(prompts.getFirst(), WARM_UP_TOKENS));
    int tokens = (int) Math.clamp(TEXT_MS / msPerToken, LEAST_TOKENS, MOST_TOKENS);
    int nodes = Math.max(2, tree.nodes() + 1);
    List<Double> plainMs = new ArrayList<>();
    List<Text> texts = new ArrayList<>();
    List<Double> oneMs = new ArrayList<>();
    List<Double> manyMs = new ArrayList<>();
    try (CostMeter meter = new CostMeter(engine, progress)) {
      for (int repeat = 0; repeat < REPEATS; repeat++) {
        progress.accept("texts");
        for (int[] prompt : prompts) {
          plainMs.addAll(plain(prompt, tokens));
          drafted(prompt, tokens).ifPresent(texts::add);
        }
        SortedMap<Integer, Double> passes =
            meter.passes(new TreeSet<>(List.of(1, nodes)), Math.min(PREFIX, engine.context() / 2));
        oneMs.add(passes.get(1));
        manyMs.add(passes.get(nodes));
      }
    }
    return new Measured(
        median(oneMs), nodes, median(manyMs), 1e3 / median(plainMs), summary(texts));
  }

  /** Goes on behind the end of a text, since only the time counts. */
  private List<Double> plain(int[] prompt, int most) {
    int tokens = Math.min(most, room(prompt));
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, engine.config().vocabulary());
    List<Double> ms = new ArrayList<>();
    try (SpeculativeDecoder decoder = new SpeculativeDecoder(engine.newTarget(), new NoDrafter())) {
      decoder.prefill(prompt, sampler, () -> false);
      for (int i = 0; i < tokens; i++) {
        long start = System.nanoTime();
        decoder.step(TreeShape.NONE, sampler, 1, id -> false);
        ms.add((System.nanoTime() - start) / 1e6);
      }
    }
    return ms;
  }

  /** Empty without a draft, and of a text that has ended before its first round. */
  private Optional<Text> drafted(int[] prompt, int most) {
    if (!hasDraft()) {
      return Optional.empty();
    }
    int tokens = Math.min(most, room(prompt));
    RoundClock clock = new RoundClock();
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
    return !engine.draftName().equals("none");
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

  /** Hears of each token; a round's last one is the target's own choice. */
  private static final class RoundClock implements Consumer<Token> {
    private final List<Double> roundMs = new ArrayList<>();
    private long last;

    @Override
    public void accept(Token token) {
      if (!token.drafted()) {
        long now = System.nanoTime();
        if (last != 0) {
          roundMs.add((now - last) / 1e6);
        }
        last = now;
      }
    }
  }
}
