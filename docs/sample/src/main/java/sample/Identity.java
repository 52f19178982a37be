package sample;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.round.TreeShape;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * Shows that a draft changes how fast a text comes and never which: {@code Identity MODEL.gguf
 * TEXT}.
 */
public final class Identity {
  private static final int TOKENS = 64;

  private Identity() {}

  public static void main(String[] args) {
    Path model = Path.of(args[0]);
    for (SamplingOptions sampling :
        List.of(SamplingOptions.GREEDY, SamplingOptions.of(0.8f, 42).withTopP(0.9f))) {
      Completion plain = complete(model, args[1], sampling, Draft.none());
      for (Draft draft : List.of(Draft.auto(), Draft.using(target -> new Habits.Model()))) {
        Completion drafted = complete(model, args[1], sampling, draft);
        System.out.printf(
            "temperature %.1f, draft %s: %d of %d guesses right, %s%n",
            sampling.temperature(),
            drafted.stats().draft(),
            drafted.stats().accepted(),
            drafted.stats().drafted(),
            drafted.tokenIds().equals(plain.tokenIds()) ? "the same text" : "ANOTHER TEXT");
      }
    }
  }

  static Completion complete(Path model, String text, SamplingOptions sampling, Draft draft) {
    GenerationOptions options =
        GenerationOptions.greedy()
            .withSampling(sampling)
            .withMaxTokens(TOKENS)
            .withTree(new TreeShape(4, 1));
    try (Engine engine = Dovetail.open(model).draft(draft).context(1024).build()) {
      return engine.complete(text, options, token -> {});
    }
  }
}
