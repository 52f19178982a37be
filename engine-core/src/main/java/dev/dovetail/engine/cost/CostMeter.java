package dev.dovetail.engine.cost;

import dev.dovetail.engine.Engine;
import dev.dovetail.engine.device.DeviceLimits;
import dev.dovetail.engine.device.TreeBatch;
import dev.dovetail.engine.round.Target;
import dev.dovetail.engine.round.Target.Logits;
import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures {@link PassCosts}. All sizes take turns in every round, so that what disturbs the
 * machine for a while disturbs all of them. For one thread; owns a target, which {@link #close}
 * closes.
 */
public final class CostMeter implements AutoCloseable {
  /** Most tokens of a pass whose logits are all computed. */
  public static final int MOST_TOKENS = 64;

  /** Rounds that count: each time is the median of as many. */
  private static final int LEAST_ROUNDS = 8;

  private static final int MOST_ROUNDS = 40;

  /**
   * Rounds before them, and how long they go on: until then the JIT, which compiles on the cores
   * that compute, made passes take twice as long.
   */
  private static final int WARM_UP_ROUNDS = 3;

  private static final long WARM_UP_NANOS = 2_500_000_000L;

  /** Small models get more rounds than {@link #LEAST_ROUNDS} in this time. */
  private static final long WANTED_NANOS = 8_000_000_000L;

  private static final List<Integer> PROMPTS = List.of(128, 512);
  private static final int PROMPT_ROUNDS = 3;

  private final Engine engine;
  private final Target target;
  private final Sampler sampler;
  private final TreeBatch batch;
  private final int[] nodes;
  private final int[] context;
  private final Consumer<String> progress;

  /**
   * @param progress is told what is being measured
   */
  public CostMeter(Engine engine, Consumer<String> progress) {
    this.engine = engine;
    this.progress = progress;
    target = engine.newTarget();
    sampler = new Sampler(SamplingOptions.GREEDY, target.vocabulary());
    batch = new TreeBatch(target.maxPassTokens());
    nodes = IntStream.range(0, batch.capacity()).toArray();
    context = new int[target.capacity() + batch.capacity()];
    for (int i = 0; i < context.length; i++) {
      context[i] = (int) (i * 7919L % target.vocabulary());
    }
  }

  /**
   * Measures.
   *
   * @param sizes the n of T(n), each 1 to {@link #MOST_TOKENS}
   * @param prefix tokens in the KV cache before a pass, at least 0
   * @throws IllegalArgumentException if they do not fit the engine's context
   */
  public PassCosts measure(SortedSet<Integer> sizes, int prefix) {
    check(sizes, prefix);
    progress.accept("what the machine can do");
    DeviceLimits limits = engine.device().measureLimits();
    SortedMap<Integer, Double> passes = passes(sizes, prefix);
    limits = limits.best(engine.device().measureLimits());
    SortedMap<Integer, Double> prompts = promptTokPerS();
    limits = limits.best(engine.device().measureLimits());
    return new PassCosts(
        engine.device().kernels(),
        engine.device().threads(),
        limits,
        engine.passWork(),
        prefix,
        passes,
        prompts);
  }

  /**
   * T(n) alone, by n, as in {@link PassCosts#passMs}.
   *
   * @throws IllegalArgumentException as {@link #measure}
   */
  public SortedMap<Integer, Double> passes(SortedSet<Integer> sizes, int prefix) {
    check(sizes, prefix);
    fill(prefix);
    return passMs(sizes);
  }

  private void check(SortedSet<Integer> sizes, int prefix) {
    if (sizes.isEmpty() || sizes.first() < 1 || sizes.last() > MOST_TOKENS) {
      throw new IllegalArgumentException(
          "a pass has 1 to %d tokens; found %s".formatted(MOST_TOKENS, sizes));
    }
    if (prefix < 0 || prefix + sizes.last() > target.capacity()) {
      throw new IllegalArgumentException(
          "%d tokens and passes of %d do not fit a context of %d"
              .formatted(prefix, sizes.last(), target.capacity()));
    }
  }

  private SortedMap<Integer, Double> passMs(Collection<Integer> sizes) {
    progress.accept("warm-up");
    long start = System.nanoTime();
    for (int i = 0; i < WARM_UP_ROUNDS || System.nanoTime() - start < WARM_UP_NANOS; i++) {
      round(sizes, new Samples());
    }
    Samples samples = new Samples();
    start = System.nanoTime();
    for (int i = 0; !enough(i, start); i++) {
      progress.accept("passes, round %d of at least %d".formatted(i + 1, LEAST_ROUNDS));
      round(sizes, samples);
    }
    return samples.medians();
  }

  private void round(Collection<Integer> sizes, Samples samples) {
    for (int n : sizes) {
      samples.add(n, passMs(n));
    }
  }

  /** The time of one pass over n tokens, which are dropped again, with the choice behind each. */
  double passMs(int n) {
    long before = System.nanoTime();
    verify(n);
    choose(n);
    return (System.nanoTime() - before) / 1e6;
  }

  private static boolean enough(int rounds, long start) {
    return rounds >= LEAST_ROUNDS
        && (rounds >= MOST_ROUNDS || System.nanoTime() - start > WANTED_NANOS);
  }

  /** A pass over n tokens, which are dropped again. */
  void verify(int n) {
    chain(n);
    target.pass(batch, Logits.ALL);
  }

  /** Chooses a token by each row of the last pass. */
  void choose(int n) {
    for (int i = 0; i < n; i++) {
      sampler.choose(target.logits(), i * target.vocabulary(), context, target.length() + i + 1);
    }
  }

  private SortedMap<Integer, Double> promptTokPerS() {
    Samples samples = new Samples();
    for (int round = 0; round < PROMPT_ROUNDS; round++) {
      progress.accept("prompts, round %d of %d".formatted(round + 1, PROMPT_ROUNDS));
      for (int length : PROMPTS) {
        if (length < target.capacity()) {
          long before = System.nanoTime();
          fill(length);
          samples.add(length, length / ((System.nanoTime() - before) / 1e9));
        }
      }
    }
    return samples.medians();
  }

  /** Reads a prompt and chooses the token after it. */
  void fill(int length) {
    target.truncate(0);
    while (target.length() < length) {
      int n = Math.min(length - target.length(), batch.capacity());
      boolean last = target.length() + n == length;
      chain(n);
      target.pass(batch, last ? Logits.LAST : Logits.NONE);
      target.commit(nodes, n);
      if (last) {
        sampler.choose(target.logits(), 0, context, length);
      }
    }
  }

  private void chain(int n) {
    batch.reset(target.length());
    for (int i = 0; i < n; i++) {
      batch.add(context[target.length() + i], i - 1);
    }
  }

  @Override
  public void close() {
    target.close();
  }

  /** Samples by size. */
  private static final class Samples {
    private final TreeMap<Integer, List<Double>> bySize = new TreeMap<>();

    void add(int size, double value) {
      bySize.computeIfAbsent(size, any -> new ArrayList<>()).add(value);
    }

    SortedMap<Integer, Double> medians() {
      TreeMap<Integer, Double> medians = new TreeMap<>();
      bySize.forEach((size, values) -> medians.put(size, median(values)));
      return medians;
    }

    private static double median(List<Double> values) {
      double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      int half = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
  }
}
