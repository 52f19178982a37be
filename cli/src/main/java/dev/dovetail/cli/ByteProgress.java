package dev.dovetail.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how many bytes of a task are done on standard error: a bar on a terminal, a line for each
 * tenth elsewhere. For one task.
 */
final class ByteProgress implements AutoCloseable {
  private static final int BAR_WIDTH = 100;
  private static final int UPDATE_MS = 200;
  private static final long MIB = 1 << 20;

  private final Console console;
  private final String task;
  private ProgressBar bar;
  private long lastTenth = -1;

  /**
   * @param task what is done, such as {@code pulling}
   */
  ByteProgress(Console console, String task) {
    this.console = console;
    this.task = task;
  }

  void progress(long done, long total) {
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
        .setTaskName(task)
        .setInitialMax(total)
        .setUnit(" MiB", MIB)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MS)
        .setConsumer(new ConsoleProgressBarConsumer(stream, BAR_WIDTH))
        .showSpeed()
        .build();
  }

  /** Leaves the bar as it stands; what comes after is shown by a new one. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
