package dev.dovetail.cli;

import dev.dovetail.cli.humaneval.Gains;
import dev.dovetail.cli.humaneval.Result;
import dev.dovetail.cli.humaneval.Setting;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows on standard error how far {@code bench humaneval} is, and the gains so far: a bar on a
 * terminal, a line for every 20 problems elsewhere. For one run.
 */
final class HumanEvalProgress implements AutoCloseable {
  private static final int BAR_WIDTH = 120;
  private static final int UPDATE_MS = 500;
  private static final int PROBLEMS_A_LINE = 20;

  private final Console console;
  private final List<String> settings;
  private final int kept;
  private final int texts;
  private ProgressBar bar;

  /**
   * @param kept texts that an earlier run has left
   * @param texts of the whole run
   */
  HumanEvalProgress(Console console, List<Setting> settings, int kept, int texts) {
    this.console = console;
    this.settings = settings.stream().map(Setting::name).toList();
    this.kept = kept;
    this.texts = texts;
  }

  /**
   * Shows how far it is.
   *
   * @param results all of them so far
   */
  void done(List<Result> results) {
    if (console.err().isTerminal()) {
      if (bar == null) {
        bar = newBar();
      }
      bar.setExtraMessage(" " + gains(results));
      bar.stepTo(results.size());
    } else if (results.size() % (PROBLEMS_A_LINE * settings.size()) == 0) {
      console
          .err()
          .line(
              "dovetail: %d of %d problems%s"
                  .formatted(
                      results.size() / settings.size(),
                      texts / settings.size(),
                      gains(results).isEmpty() ? "" : "; gains: " + gains(results)));
    }
  }

  private String gains(List<Result> results) {
    List<String> gains = new ArrayList<>();
    for (String setting : settings) {
      if (!setting.equals(Setting.Plain.NAME)) {
        Gains.median(results, setting)
            .ifPresent(gain -> gains.add("%s %sx".formatted(setting, Units.decimal(gain, 2))));
      }
    }
    return String.join(", ", gains);
  }

  private ProgressBar newBar() {
    PrintStream stream = new PrintStream(console.err().asStream(), true, StandardCharsets.UTF_8);
    return new ProgressBarBuilder()
        .setTaskName("humaneval")
        .setInitialMax(texts)
        .startsFrom(kept, Duration.ZERO)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MS)
        .setConsumer(new ConsoleProgressBarConsumer(stream, BAR_WIDTH))
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
