package dev.dovetail.cli.humaneval;

import java.util.List;
import java.util.Map;

/** Results made up for tests. */
final class Texts {
  private Texts() {}

  /** A text by its tokens and its rate, without rounds. */
  static Result of(String problem, String setting, int repeat, double rate, Integer... tokens) {
    return of(
        problem,
        setting,
        repeat,
        rate,
        List.of(tokens),
        0,
        List.of(),
        List.of(),
        List.of(),
        Map.of());
  }

  static Result of(
      String problem,
      String setting,
      int repeat,
      double rate,
      List<Integer> tokens,
      long rounds,
      List<Long> byAccepted,
      List<Long> byDepth,
      List<Long> whole,
      Map<Integer, Long> nodes) {
    int later = tokens.size() - 1;
    return new Result(
        problem,
        setting,
        repeat,
        10,
        tokens,
        "text",
        "length",
        100,
        100,
        rate,
        later / rate * 1e3,
        rounds,
        rounds == 0 ? null : (Double) ((double) later / rounds),
        byAccepted,
        byDepth,
        whole,
        nodes,
        rounds / 2,
        rounds,
        2.0 * rounds,
        6.0 * rounds,
        0.5 * rounds,
        1000 * rounds,
        12 * rounds,
        0.5 * rounds,
        1L << 20,
        0L,
        "lookup",
        null,
        null,
        null);
  }
}
