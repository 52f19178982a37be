package dev.dovetail.benchmarks;

import dev.dovetail.engine.sampling.Sampler;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** The choice of one token among all of a vocabulary, by one thread of plain Java: no twins. */
public class SamplingBenchmark extends ForkedBenchmark {
  static final float TEMPERATURE = 0.8f;
  static final float TOP_P = 0.95f;

  /** Tokens that stand out of the rest, as they do in text. */
  private static final int CANDIDATES = 64;

  private static final int CONTEXT = 1024;

  @Param public Model model;

  float[] logits;
  private final int[] context = new int[CONTEXT];
  private int length;
  private Sampler greedy;
  private Sampler nucleus;
  private double gigabytes;

  /** A normal distribution of deviation 2, and candidates between 8 and 16. */
  @Override
  public void open() {
    Random random = new Random(1);
    logits = new float[model.vocabulary];
    for (int token = 0; token < logits.length; token++) {
      logits[token] = (float) (2 * random.nextGaussian());
    }
    for (int i = 0; i < CANDIDATES; i++) {
      logits[random.nextInt(logits.length)] = 8 + 8 * random.nextFloat();
    }
    length = 0;
    greedy = new Sampler(SamplingOptions.GREEDY, logits.length);
    nucleus = new Sampler(SamplingOptions.of(TEMPERATURE, 1).withTopP(TOP_P), logits.length);
    gigabytes = (double) Float.BYTES * logits.length / 1e9;
  }

  /** The largest logit. */
  @Benchmark
  public int greedy(Traffic traffic) {
    traffic.add(gigabytes);
    return greedy.choose(logits, 0, context, length);
  }

  /** Temperature 0.8, top-p 0.95, at another position each time: other noise. */
  @Benchmark
  public int nucleus(Traffic traffic) {
    length = length % CONTEXT + 1;
    traffic.add(gigabytes);
    return nucleus.choose(logits, 0, context, length);
  }
}
