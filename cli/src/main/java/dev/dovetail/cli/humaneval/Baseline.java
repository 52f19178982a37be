package dev.dovetail.cli.humaneval;

import dev.dovetail.engine.GenerationOptions;
import java.util.List;

/** Another program that continues the same prompts, to compare with. For one thread. */
public interface Baseline extends AutoCloseable {
  /** What its setting is called in the report. */
  String name();

  /** As the program tells it. */
  String version();

  /**
   * Which program it is: {@code sha256:} and the sum of its file, or the address of one that runs.
   */
  String program();

  /**
   * Continues a prompt, from an empty context. Where the options' cancellation ends it, the answer
   * is empty and its finish reason is {@code cancelled}.
   *
   * @throws IllegalStateException if the program fails
   */
  Answer answer(int[] promptIds, GenerationOptions options);

  /** Ends the program. */
  @Override
  void close();

  /**
   * A finished text.
   *
   * @param tokenIds the emitted tokens, the one that ended the text included, as far as it tells
   * @param tokens how many there were
   * @param finishReason as {@code run --json} calls it
   * @param ttftMs from the call to the first token
   * @param decodeMs from the first token to the last
   */
  record Answer(
      List<Integer> tokenIds,
      int tokens,
      String text,
      String finishReason,
      double ttftMs,
      double decodeMs) {
    public Answer {
      tokenIds = List.copyOf(tokenIds);
    }
  }
}
