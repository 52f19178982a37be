package dev.dovetail.engine;

import java.util.List;

/**
 * A finished text.
 *
 * @param text without special tokens, without the stop string that ended it
 * @param tokenIds every emitted token, the one that ended the text included
 * @param promptTokens length of the prompt
 * @param seed by which the same text comes again
 */
public record Completion(
    String text,
    List<Integer> tokenIds,
    int promptTokens,
    FinishReason finishReason,
    long seed,
    GenerationStats stats) {
  public Completion {
    tokenIds = List.copyOf(tokenIds);
  }
}
