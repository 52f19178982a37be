package dev.dovetail.cli;

import dev.dovetail.models.store.PullListener;

/** Shows a pull on standard error. For one pull. */
final class PullProgress implements PullListener, AutoCloseable {
  private final Console console;
  private final ByteProgress bytes;

  PullProgress(Console console) {
    this.console = console;
    this.bytes = new ByteProgress(console, "pulling");
  }

  @Override
  public void message(String line) {
    bytes.close();
    console.err().line("dovetail: " + Failures.oneLine(line));
  }

  @Override
  public void progress(long done, long total) {
    bytes.progress(done, total);
  }

  @Override
  public void close() {
    bytes.close();
  }
}
