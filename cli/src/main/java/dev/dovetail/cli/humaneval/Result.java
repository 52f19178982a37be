package dev.dovetail.cli.humaneval;

import dev.dovetail.engine.Completion;
import dev.dovetail.engine.GenerationStats;
import dev.dovetail.engine.round.RoundCounts;
import java.util.List;
import java.util.Map;

/**
 * One text, as it stands in the report; what {@code run --json} has too means the same there. Times
 * in ms. What another program does not tell is null.
 *
 * @param problem its id
 * @param setting its name
 * @param repeat from 0
 * @param tokenIds every emitted token, the one that ended the text included
 * @param decodeTokPerS tokens after the first, per second; 0 if there is none
 * @param tau null without a round, too
 * @param nodes rounds by the number of guessed tokens
 * @param draft who guessed, as the setting has it, but for a draft that is lost
 * @param gpuLost why a GPU that failed stays off; null where none has
 * @param passed whether the problem's tests passed; null where they were not run
 * @param scoreOutcome as {@link ProgramScorer.Outcome#jsonName}; null where they were not run
 */
public record Result(
    String problem,
    String setting,
    int repeat,
    int promptTokens,
    List<Integer> tokenIds,
    String text,
    String finishReason,
    double ttftMs,
    double prefillTokPerS,
    double decodeTokPerS,
    double decodeMs,
    Long rounds,
    Double tau,
    List<Long> roundsByAccepted,
    List<Long> roundsByDepth,
    List<Long> wholeByDepth,
    Map<Integer, Long> nodes,
    Long lookupRounds,
    Long lookupAccepted,
    Double draftMs,
    Double verifyMs,
    Double channelMs,
    Long bytesToDraft,
    Long bytesFromDraft,
    Double draftHiddenMs,
    Long peakRssBytes,
    Long peakVramBytes,
    String draft,
    String gpuLost,
    Boolean passed,
    String scoreOutcome) {
  /** A text of the engine. */
  static Result of(Problem problem, Setting setting, int repeat, Completion completion) {
    GenerationStats stats = completion.stats();
    RoundCounts counts = stats.counts();
    int later = later(completion.tokenIds());
    return new Result(
        problem.id(),
        setting.name(),
        repeat,
        completion.promptTokens(),
        completion.tokenIds(),
        completion.text(),
        completion.finishReason().jsonName(),
        stats.ttftMs(),
        stats.prefillTokPerS(),
        stats.decodeTokPerS(),
        later > 0 ? later / stats.decodeTokPerS() * 1e3 : 0,
        stats.rounds(),
        stats.rounds() > 0 ? stats.tau() : null,
        counts.byAccepted(),
        counts.byDepth(),
        counts.wholeByDepth(),
        counts.byNodes(),
        counts.lookedUp(),
        counts.lookedUpAccepted(),
        stats.draftMs(),
        stats.verifyMs(),
        stats.channelMs(),
        stats.bytesToDraft(),
        stats.bytesFromDraft(),
        stats.ahead().hiddenNanos() / 1e6,
        stats.peakRssBytes().isPresent() ? (Long) stats.peakRssBytes().getAsLong() : null,
        stats.peakVramBytes(),
        stats.draft(),
        stats.gpuLost().orElse(null),
        null,
        null);
  }

  /** A text of another program. */
  static Result of(
      Problem problem, Setting setting, int repeat, int promptTokens, Baseline.Answer answer) {
    int later = Math.max(0, answer.tokens() - 1);
    return new Result(
        problem.id(),
        setting.name(),
        repeat,
        promptTokens,
        answer.tokenIds(),
        answer.text(),
        answer.finishReason(),
        answer.ttftMs(),
        promptTokens / (answer.ttftMs() / 1e3),
        later > 0 ? later / (answer.decodeMs() / 1e3) : 0,
        answer.decodeMs(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** This text with what became of its program. */
  public Result scored(ProgramScorer.Outcome outcome) {
    return new Result(
        problem,
        setting,
        repeat,
        promptTokens,
        tokenIds,
        text,
        finishReason,
        ttftMs,
        prefillTokPerS,
        decodeTokPerS,
        decodeMs,
        rounds,
        tau,
        roundsByAccepted,
        roundsByDepth,
        wholeByDepth,
        nodes,
        lookupRounds,
        lookupAccepted,
        draftMs,
        verifyMs,
        channelMs,
        bytesToDraft,
        bytesFromDraft,
        draftHiddenMs,
        peakRssBytes,
        peakVramBytes,
        draft,
        gpuLost,
        outcome == ProgramScorer.Outcome.PASSED,
        outcome.jsonName());
  }

  /** Which text it is. */
  Key key() {
    return new Key(problem, setting, repeat);
  }

  /** Whether it is of another program, which tells of no rounds and may leave out tokens. */
  boolean external() {
    return rounds == null;
  }

  /** Tokens after the first. */
  int later() {
    return later(tokenIds);
  }

  private static int later(List<Integer> ids) {
    return Math.max(0, ids.size() - 1);
  }

  /** A text's place in a run. */
  record Key(String problem, String setting, int repeat) {}
}
