package dev.dovetail.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 text to a stream, out at once. What cannot be written is an error, unlike with a
 * PrintStream. For one thread.
 */
final class Output {
  private final OutputStream stream;
  private final boolean terminal;

  Output(OutputStream stream, boolean terminal) {
    this.stream = stream;
    this.terminal = terminal;
  }

  /** Whether a person reads it. */
  boolean isTerminal() {
    return terminal;
  }

  /**
   * Writes and flushes.
   *
   * @throws ClosedOutputException if the reader of a pipe is gone
   * @throws UncheckedIOException if it fails otherwise, such as on a full disk
   */
  void print(String text) {
    try {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
      stream.flush();
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** {@link #print} with an end of line. */
  void line(String text) {
    print(text + "\n");
  }

  /** The same stream for libraries that want one. */
  OutputStream asStream() {
    return stream;
  }

  private static RuntimeException failure(IOException e) {
    String reason = String.valueOf(e.getMessage());
    // What Linux and macOS say, and the two ways of Windows.
    boolean closed =
        reason.contains("Broken pipe")
            || reason.contains("pipe is being closed")
            || reason.contains("pipe has been ended");
    return closed
        ? new ClosedOutputException(e)
        : new UncheckedIOException("the output cannot be written: " + reason, e);
  }
}
