package dev.dovetail.dgf.testing;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.sampling.SamplingOptions;
import dev.dovetail.models.TensorType;
import dev.dovetail.models.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Texts of whole tiny models. */
public final class TinyGeneration {
  private static final long SEED = 77;

  /** Every way of choosing that changes the choice. */
  public static final List<SamplingOptions> SAMPLINGS =
      List.of(
          SamplingOptions.GREEDY,
          SamplingOptions.GREEDY.withRepeatPenalty(1.4f, 16),
          SamplingOptions.of(0.8f, 7).withTopK(40),
          SamplingOptions.of(0.8f, 8).withTopP(0.9f).withRepeatPenalty(1.2f, 64),
          SamplingOptions.of(1.2f, 9).withMinP(0.02f));

  private TinyGeneration() {}

  /** The model of an architecture, written into the folder once: llama in Q4_1, qwen2 in Q4_K. */
  public static Path model(Path folder, String architecture) throws IOException {
    Path path = folder.resolve(architecture + ".gguf");
    TensorType type = architecture.equals("llama") ? TensorType.Q4_1 : TensorType.Q4_K;
    return Files.exists(path) ? path : TinyModels.write(path, architecture, type, SEED);
  }

  public static Engine open(Path model, Draft draft, int threads) {
    return Dovetail.open(model).draft(draft).threads(threads).build();
  }

  /** Tokens without meaning, none that ends a text. */
  public static int[] prompt(int length) {
    return new Random(SEED).ints(length, 3, TinyModels.VOCABULARY).toArray();
  }

  /** Generates on a new session. */
  public static Completion generate(Engine engine, int[] prompt, GenerationOptions options) {
    try (Session session = engine.newSession()) {
      return session.generate(prompt, options, token -> {});
    }
  }

  public static GenerationOptions options(SamplingOptions sampling, int maxTokens) {
    return GenerationOptions.greedy().withSampling(sampling).withMaxTokens(maxTokens);
  }
}
