package dev.dovetail.cli;

import dev.dovetail.models.store.PullListener;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows a pull on standard error: a bar on a terminal, a line for each tenth elsewhere. For one
 * pull.
 */
final class PullProgress implements PullListener, AutoCloseable {
  private static final int BAR_WIDTH = 100;
  private static final int UPDATE_MS = 200;
  private static final long MIB = 1 << 20;

  private final Console console;
  private ProgressBar bar;
  private long lastTenth = -1;

  PullProgress(Console console) {
    this.console = console;
  }

  @Override
  public void message(String line) {
    closeBar();
    console.err().line("dovetail: " + Failures.oneLine(line));
  }

  @Override
  public void progress(long done, long total) {
    if (console.err().isTerminal()) {
      if (bar == null) {
        bar = newBar(total);
      }
      bar.maxHint(total);
      bar.stepTo(done);
    } else if (total > 0 && done * 10 / total != lastTenth) {
      lastTenth = done * 10 / total;
      console.err().line("dovetail: %s of %s".formatted(Units.bytes(done), Units.bytes(total)));
    }
  }

  private ProgressBar newBar(long total) {
    PrintStream stream = new PrintStream(console.err().asStream(), true, StandardCharsets.UTF_8);
    return new ProgressBarBuilder()
        .setTaskName("pulling")
        .setInitialMax(total)
        .setUnit(" MiB", MIB)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MS)
        .setConsumer(new ConsoleProgressBarConsumer(stream, BAR_WIDTH))
        .showSpeed()
        .build();
  }

  @Override
  public void close() {
    closeBar();
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
