package dev.dovetail.engine.plan;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.cost.CostMeter;
import dev.dovetail.engine.cost.PassCosts;
import dev.dovetail.engine.round.NoDrafter;
import dev.dovetail.engine.round.SpeculativeDecoder;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Measures what a {@link Predictor} starts from, and the speeds that it should come to. T(n) is
 * measured by itself, by passes that are thrown away; tau, D and the speeds by generating,
 * greedily, plainly and with the draft in turn. For one thread.
 */
public final class RoundMeter {
  /** Generations before T(n) is measured, and after. */
  private static final int REPEATS = 2;

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
   * @param tokPerS tokens after the first, per second
   */
  public record Drafted(double tau, double draftMs, double tokPerS) {}

  /**
   * What was found.
   *
   * @param oneMs T(1)
   * @param nodes n, at least 2: tokens of a verification pass, or of any where there is no draft
   * @param manyMs T(n)
   * @param plainTokPerS plain decoding
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
   * Measures, for half a minute or more.
   *
   * @throws IllegalArgumentException if a prompt does not fit the context
   * @throws IllegalStateException if the model ends every text with its first token
   */
  public Measured measure() {
    progress.accept("warm-up");
    text(prompts.getFirst(), WARM_UP_TOKENS);
    double msPerToken = 1e3 / text(prompts.getFirst(), WARM_UP_TOKENS).plainTokPerS();
    int tokens = (int) Math.clamp(TEXT_MS / msPerToken, LEAST_TOKENS, MOST_TOKENS);
    List<Texts> texts = new ArrayList<>();
    generate(tokens, texts);
    PassCosts costs = passes();
    generate(tokens, texts);
    int nodes = costs.passMs().lastKey();
    Optional<Drafted> drafted =
        hasDraft()
            ? Optional.of(
                new Drafted(
                    texts.getFirst().tau(),
                    median(texts, Texts::draftMs),
                    median(texts, Texts::draftTokPerS)))
            : Optional.empty();
    return new Measured(
        costs.passMs().get(1),
        nodes,
        costs.passMs().get(nodes),
        median(texts, Texts::plainTokPerS),
        drafted);
  }

  private boolean hasDraft() {
    return !engine.draftName().equals("none");
  }

  private PassCosts passes() {
    TreeSet<Integer> sizes = new TreeSet<>(List.of(1, Math.max(2, tree.nodes() + 1)));
    try (CostMeter meter = new CostMeter(engine, progress)) {
      return meter.measure(sizes, Math.min(PREFIX, engine.context() / 2));
    }
  }

  private void generate(int tokens, List<Texts> into) {
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      Texts sum = Texts.NONE;
      for (int i = 0; i < prompts.size(); i++) {
        progress.accept("texts, %d of %d".formatted(i + 1, prompts.size()));
        sum = sum.plus(text(prompts.get(i), tokens));
      }
      if (hasDraft() && sum.rounds() == 0) {
        throw new IllegalStateException(
            "the model ends each text with its first token, so that a draft cannot be measured:"
                + " give another prompt");
      }
      into.add(sum);
    }
  }

  private Texts text(int[] prompt, int most) {
    int room = engine.context() - prompt.length;
    if (room < 2) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, the context holds %d: shorten it or choose a larger context"
              .formatted(prompt.length, engine.context()));
    }
    int tokens = Math.min(most, room - 1);
    return drafted(prompt, tokens).plus(plain(prompt, tokens));
  }

  /** Goes on behind the end of a text, since only the time counts. */
  private Texts plain(int[] prompt, int tokens) {
    Sampler sampler = new Sampler(SamplingOptions.GREEDY, engine.config().vocabulary());
    try (SpeculativeDecoder decoder = new SpeculativeDecoder(engine.newTarget(), new NoDrafter())) {
      decoder.prefill(prompt, sampler, () -> false);
      long start = System.nanoTime();
      for (int i = 0; i < tokens; i++) {
        decoder.step(TreeShape.NONE, sampler, 1, id -> false);
      }
      return new Texts(tokens, (System.nanoTime() - start) / 1e9, 0, 0, 0, 0);
    }
  }

  private Texts drafted(int[] prompt, int tokens) {
    if (!hasDraft()) {
      return Texts.NONE;
    }
    GenerationOptions options = GenerationOptions.greedy().withMaxTokens(tokens).withTree(tree);
    try (Session session = engine.newSession()) {
      GenerationStats stats = session.generate(prompt, options, token -> {}).stats();
      double later = stats.tau() * stats.rounds();
      double seconds = later == 0 ? 0 : later / stats.decodeTokPerS();
      return new Texts(0, 0, later, seconds, stats.rounds(), stats.draftMs());
    }
  }

  private static double median(List<Texts> texts, ToDoubleFunction<Texts> figure) {
    double[] sorted = texts.stream().mapToDouble(figure).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** Sums over texts. */
  private record Texts(
      double plainTokens,
      double plainSeconds,
      double draftTokens,
      double draftSeconds,
      double rounds,
      double draftingMs) {
    static final Texts NONE = new Texts(0, 0, 0, 0, 0, 0);

    Texts plus(Texts more) {
      return new Texts(
          plainTokens + more.plainTokens,
          plainSeconds + more.plainSeconds,
          draftTokens + more.draftTokens,
          draftSeconds + more.draftSeconds,
          rounds + more.rounds,
          draftingMs + more.draftingMs);
    }

    double plainTokPerS() {
      return plainTokens / plainSeconds;
    }

    double draftTokPerS() {
      return draftTokens / draftSeconds;
    }

    double tau() {
      return draftTokens / rounds;
    }

    double draftMs() {
      return draftingMs / rounds;
    }
  }
}
