package sample;

import dev.dovetail.engine.Chat;
import dev.dovetail.engine.Dovetail;
import dev.dovetail.engine.Engine;
import dev.dovetail.engine.GenerationStats;
import java.nio.file.Path;

/**
 * Asks a model one question and prints the answer as it comes: {@code Hello MODEL.gguf QUESTION}.
 */
public final class Hello {
  private Hello() {}

  public static void main(String[] args) {
    try (Engine engine = Dovetail.open(Path.of(args[0])).build();
        Chat chat = engine.newChat()) {
      Chat.Reply reply =
          chat.send(
              args[1],
              token -> {
                System.out.print(token.text());
                System.out.flush();
              });
      System.out.println();

      GenerationStats stats = reply.completion().stats();
      System.out.printf(
          "%d tokens, %.1f a second, %.2f a round; draft: %s; kernels: %s%n",
          reply.completion().tokenIds().size(),
          stats.decodeTokPerS(),
          stats.tau(),
          stats.draft(),
          stats.kernels());
    }
  }
}
