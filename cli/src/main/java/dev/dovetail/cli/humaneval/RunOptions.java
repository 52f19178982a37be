package dev.dovetail.cli.humaneval;

import java.util.List;

/**
 * What was asked for.
 *
 * @param context tokens that prompt and text have room for
 * @param limit how many problems
 * @param scoring how programs are run, such as {@code Python 3.12.4 in bubblewrap}; null where they
 *     are not
 * @param arguments the command line
 */
public record RunOptions(
    String prompt,
    int maxTokens,
    int context,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repeatPenalty,
    long seed,
    int repeat,
    int limit,
    String scoring,
    List<String> arguments) {
  public RunOptions {
    arguments = List.copyOf(arguments);
  }
}
