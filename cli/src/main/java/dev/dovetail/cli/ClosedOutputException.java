package dev.dovetail.cli;

/** Whoever read standard output has closed it: the command ends without a word. */
final class ClosedOutputException extends RuntimeException {
  ClosedOutputException(Throwable cause) {
    super("standard output is closed", cause);
  }
}
