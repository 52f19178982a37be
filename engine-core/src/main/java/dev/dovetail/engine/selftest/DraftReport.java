package dev.dovetail.engine.selftest;

/**
 * What a draft guessed on two devices, round by round.
 *
 * @param draft its name
 * @param rounds trees that were compared
 * @param same trees that are equal
 * @param worst the largest difference between the log-probabilities of a node in both trees; in a
 *     tree that differs, up to the first node that does, itself included
 * @param tolerance candidates that lie closer may change places
 */
public record DraftReport(String draft, int rounds, int same, double worst, double tolerance) {
  /** Of ten trees at least so many must be equal: candidates that lie so close are rare. */
  private static final int SAME_OF_TEN = 9;

  /** Whether the trees are the same, but where two candidates lie closer than the tolerance. */
  public boolean passed() {
    return rounds > 0 && worst <= tolerance && 10L * same >= (long) SAME_OF_TEN * rounds;
  }
}
