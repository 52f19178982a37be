package dev.dovetail.cli;

import dev.dovetail.engine.BatchGenerator;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows how many texts are done, and how fast, on a terminal; in the end, everywhere, a line. */
final class BatchProgress implements AutoCloseable {
  private static final int BAR_WIDTH = 100;
  private static final int UPDATE_MS = 200;

  private final Console console;
  private final BatchGenerator batch;
  private final long start = System.nanoTime();
  private final ProgressBar bar;
  private int done;

  /**
   * @param total texts to come
   */
  BatchProgress(Console console, BatchGenerator batch, int total) {
    this.console = console;
    this.batch = batch;
    bar = console.err().isTerminal() ? newBar(total) : null;
  }

  private ProgressBar newBar(int total) {
    PrintStream stream = new PrintStream(console.err().asStream(), true, StandardCharsets.UTF_8);
    return new ProgressBarBuilder()
        .setTaskName("texts")
        .setInitialMax(total)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MS)
        .setConsumer(new ConsoleProgressBarConsumer(stream, BAR_WIDTH))
        .build();
  }

  /** Another text is done. */
  void step() {
    done++;
    if (bar != null) {
      bar.setExtraMessage(Units.decimal(rate(), 1) + " tok/s");
      bar.step();
    }
  }

  /** How many texts are done. */
  int done() {
    return done;
  }

  private double rate() {
    return batch.generatedTokens() / ((System.nanoTime() - start) / 1e9);
  }

  /** Leaves the bar as it stands, and sums up. */
  @Override
  public void close() {
    double rate = rate();
    if (bar != null) {
      bar.close();
    }
    console
        .err()
        .line(
            "%d texts, %d prompt tokens, %d generated tokens, %s tok/s"
                .formatted(
                    done, batch.promptTokens(), batch.generatedTokens(), Units.decimal(rate, 1)));
  }
}
