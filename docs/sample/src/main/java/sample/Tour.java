package sample;

import dev.dovetail.engine.BatchGenerator;
import dev.dovetail.engine.BatchPrompt;
import dev.dovetail.engine.Cancellation;
import dev.dovetail.engine.Chat;
import dev.dovetail.engine.Completion;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Draft;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationOptions;
import dev.dovetail.engine.Session;
import dev.dovetail.engine.device.KvType;
import dev.dovetail.engine.sampling.SamplingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What else a program may want, a method each: {@code Tour MODEL.gguf}. */
public final class Tour {
  private Tour() {}

  public static void main(String[] args) throws ExecutionException, InterruptedException {
    try (Engine engine =
        Dovetail.open(Path.of(args[0]))
            .threads(2) // default: the performance cores that this process may use
            .context(1024) // default: what the model was made for
            .kv(KvType.F16) // default: F32; F16 takes half the memory, and changes the text a little
            .build()) {
      System.out.println("sampled: " + sampledTwice(engine));
      System.out.println("options: " + withOptions(engine).finishReason());
      System.out.println("cancelled: " + cancelled(engine).finishReason());
      System.out.println("conversation: " + conversation(engine));
      System.out.println("reused: " + reused(engine));
      System.out.println("threads: " + onThreads(engine, List.of("the fox", "the dog", "the sun")));
    }
    System.out.println("batch: " + batch(Path.of(args[0]), List.of("the fox", "the dog")).size());
  }

  private static boolean sampledTwice(Engine engine) {
    GenerationOptions options =
        GenerationOptions.greedy().withSampling(SamplingOptions.of(0.7f, 1234)).withMaxTokens(32);
    Completion first = engine.complete("the quick", options, token -> {});
    Completion again = engine.complete("the quick", options, token -> {});
    return first.tokenIds().equals(again.tokenIds()); // always
  }

  private static Completion withOptions(Engine engine) {
    GenerationOptions options =
        GenerationOptions.greedy()
            .withMaxTokens(100)
            .withStops(List.of("\n\n", "User:"))
            .withSampling(
                SamplingOptions.of(0.7f, System.nanoTime())
                    .withTopK(40)
                    .withTopP(0.95f)
                    .withMinP(0.05f)
                    .withRepeatPenalty(1.1f, 64));
    Completion completion = engine.complete("Once upon a time", options, token -> {});
    // completion.seed() makes the same text again.
    return completion;
  }

  private static Completion cancelled(Engine engine) {
    Cancellation cancellation = new Cancellation();
    GenerationOptions options = GenerationOptions.greedy().withCancellation(cancellation);
    // Any thread may cancel; here the text itself does, after five tokens.
    int[] count = {0};
    return engine.complete(
        "the quick brown fox",
        options,
        token -> {
          if (++count[0] == 5) {
            cancellation.cancel();
          }
        });
  }

  private static int conversation(Engine engine) {
    GenerationOptions options = GenerationOptions.greedy().withMaxTokens(16);
    try (Chat chat = engine.newChat()) {
      chat.system("You answer in one sentence.");
      chat.send("What is a dovetail?", options, token -> {});
      chat.send("And a mortise?", options, token -> {}); // only the new turn is computed
      return chat.turns().size();
    }
  }

  private static boolean reused(Engine engine) {
    GenerationOptions options = GenerationOptions.greedy().withMaxTokens(8);
    try (Session session = engine.newSession()) {
      int[] prompt = engine.rawPrompt("the quick brown fox jumps over the lazy dog");
      Completion first = session.generate(prompt, options, token -> {});
      Completion second = session.generate(prompt, options, token -> {}); // the prompt is known
      return first.text().equals(second.text());
    }
  }

  private static List<Integer> onThreads(Engine engine, List<String> prompts)
      throws ExecutionException, InterruptedException {
    GenerationOptions options = GenerationOptions.greedy().withMaxTokens(8);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Completion>> running = new ArrayList<>();
      for (String prompt : prompts) {
        // Each call has a session of its own; the weights are shared.
        running.add(threads.submit(() -> engine.complete(prompt, options, token -> {})));
      }
      List<Integer> lengths = new ArrayList<>();
      for (Future<Completion> completion : running) {
        lengths.add(completion.get().tokenIds().size());
      }
      return lengths;
    }
  }

  private static List<String> batch(Path model, List<String> texts) {
    List<String> continued = new ArrayList<>();
    try (Engine engine = Dovetail.open(model).draft(Draft.none()).gpuLayers(0).build();
        BatchGenerator batch = engine.newBatch(32)) {
      Iterator<BatchPrompt> prompts =
          texts.stream()
              .map(text -> BatchPrompt.greedy(text, engine.rawPrompt(text), 16).withFeatures())
              .iterator();
      batch.run(
          prompts,
          text -> continued.add(text.prompt().id() + text.text()), // as each ends
          new Cancellation());
    }
    return continued;
  }
}
