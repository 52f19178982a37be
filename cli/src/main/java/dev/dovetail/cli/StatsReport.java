package dev.dovetail.cli;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.round.RoundCounts;
import java.util.ArrayList;
import java.util.List;

/** Statistics of an answer, for people. */
final class StatsReport {
  private StatsReport() {}

  /** The line under an answer. */
  static String line(Completion completion) {
    GenerationStats stats = completion.stats();
    StringBuilder line = new StringBuilder();
    line.append(
        "%d tokens at %s/s, first after %s"
            .formatted(
                completion.tokenIds().size(),
                Units.decimal(stats.decodeTokPerS(), 1),
                Units.millis(stats.ttftMs())));
    if (stats.drafted() > 0) {
      line.append(
          "; tau %s, %d of %d guesses right"
              .formatted(Units.decimal(stats.tau(), 2), stats.accepted(), stats.drafted()));
    }
    line.append("; %s, %d threads".formatted(stats.kernels(), stats.threads()));
    return line.append("; ").append(reason(completion)).toString();
  }

  /** Everything, a line each. */
  static List<String> table(Completion completion) {
    GenerationStats stats = completion.stats();
    List<String> lines = new ArrayList<>();
    row(lines, "load", Units.millis(stats.loadMs()));
    row(
        lines,
        "prompt",
        "%d tokens, %s/s"
            .formatted(completion.promptTokens(), Units.decimal(stats.prefillTokPerS(), 1)));
    row(lines, "first token", Units.millis(stats.ttftMs()));
    row(
        lines,
        "answer",
        "%d tokens, %s/s, %s"
            .formatted(
                completion.tokenIds().size(),
                Units.decimal(stats.decodeTokPerS(), 1),
                reason(completion)));
    row(
        lines,
        "rounds",
        "%d, tau %s, %d of %d guesses right"
            .formatted(
                stats.rounds(), Units.decimal(stats.tau(), 3), stats.accepted(), stats.drafted()));
    RoundCounts counts = stats.counts();
    if (counts.lookedUp() > 0) {
      row(
          lines,
          "looked up",
          "%d of the rounds, tau %s of those"
              .formatted(
                  counts.lookedUp(),
                  Units.decimal(1 + (double) counts.lookedUpAccepted() / counts.lookedUp(), 3)));
    }
    row(
        lines,
        "time",
        "draft %s, verify %s"
            .formatted(Units.millis(stats.draftMs()), Units.millis(stats.verifyMs())));
    if (stats.ahead().tried() > 0) {
      row(
          lines,
          "ahead",
          "%d of %d trees drafted during verification held, which hid %s %% of the draft's time"
              .formatted(
                  stats.ahead().used(),
                  stats.ahead().tried(),
                  Units.decimal(100 * stats.hiddenShare(), 1)));
    }
    row(
        lines,
        "channel",
        "%s to the draft, %s from it"
            .formatted(Units.bytes(stats.bytesToDraft()), Units.bytes(stats.bytesFromDraft())));
    row(
        lines,
        "memory",
        (stats.peakRssBytes().isPresent()
                ? Units.bytes(stats.peakRssBytes().getAsLong())
                : "unknown")
            + " at most"
            + (stats.peakVramBytes() > 0
                ? ", " + Units.bytes(stats.peakVramBytes()) + " on the GPU"
                : ""));
    stats.gpuLost().ifPresent(why -> row(lines, "GPU", "lost: " + why));
    row(lines, "draft", stats.draft());
    if (stats.gpuLayers() > 0) {
      row(lines, "GPU", "the first %d layers".formatted(stats.gpuLayers()));
    }
    row(lines, "kernels", "%s, %d threads".formatted(stats.kernels(), stats.threads()));
    row(lines, "seed", Long.toString(completion.seed()));
    return lines;
  }

  private static void row(List<String> lines, String name, String value) {
    lines.add("%-12s %s".formatted(name, value));
  }

  private static String reason(Completion completion) {
    return switch (completion.finishReason()) {
      case STOP -> "complete";
      case LENGTH -> "cut at the token limit";
      case STOP_SEQUENCE -> "ended by a stop text";
      case CANCELLED -> "cancelled";
    };
  }
}
