package dev.dovetail.cli.humaneval;

import java.util.Locale;

/** Runs a problem's tests. For one thread. */
public interface ProgramScorer {
  /** How a program fared. */
  enum Outcome {
    PASSED,
    FAILED,
    TIMED_OUT,
    NOT_PYTHON;

    /** As the report has it, such as {@code timed out}. */
    String jsonName() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * Runs a program against the problem's tests.
   *
   * @param program the whole of it, imports and the function that the problem asks for, without
   *     tests
   */
  Outcome score(Problem problem, String program);
}
