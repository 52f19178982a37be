package dev.dovetail.cli.humaneval;

import java.util.List;

/**
 * What was asked for.
 *
 * @param limit how many problems
 * @param arguments the command line
 */
public record RunOptions(
    String prompt,
    int maxTokens,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repeatPenalty,
    long seed,
    int repeat,
    int limit,
    List<String> arguments) {
  public RunOptions {
    arguments = List.copyOf(arguments);
  }
}
