package dev.dovetail.cli.humaneval;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * A setting over all problems, as it stands in the report. A problem's value is the median of its
 * repeats. Null where nothing is known.
 *
 * @param problems that have a text
 * @param gain null without plain decoding
 * @param tokensPerSTotal all tokens after the first by all decode time
 * @param tau all tokens after the first by all rounds
 * @param acceptanceByDepth from depth 1: of rounds whose tree had a level of that depth and in
 *     which the level above was accepted, the share where it was accepted too
 * @param treeNodes over rounds; null for plain decoding
 * @param lookupShare of the rounds, those that the text itself suggested; null for plain decoding
 * @param lookupTau all tokens of those rounds by their number
 * @param draftMsPerRound all time by all rounds; so the other fields per round
 * @param bytesToDraftPerRound the prompt's features included
 * @param hiddenShare of the time that the draft took, the part that nobody waited for
 * @param identical texts that equal plain decoding's; null where none was compared
 * @param passAt1 null where no tests were run
 */
public record Summary(
    String setting,
    int problems,
    Quartiles decodeTokPerS,
    Quartiles prefillTokPerS,
    Quartiles ttftMs,
    Gain gain,
    @JsonProperty("tokens_per_s_total") Double tokensPerSTotal,
    Double tau,
    Quartiles tauByProblem,
    List<Double> acceptanceByDepth,
    Quartiles treeNodes,
    Double lookupShare,
    Double lookupTau,
    Double draftMsPerRound,
    Double verifyMsPerRound,
    Double channelMsPerRound,
    Double bytesToDraftPerRound,
    Double bytesFromDraftPerRound,
    Double hiddenShare,
    Long peakRssBytes,
    Long peakVramBytes,
    Integer identical,
    Integer different,
    Identity.Difference firstDifference,
    @JsonProperty("pass_at_1") Passed passAt1) {
  /** Programs that passed their problem's tests, of those that were run. */
  public record Passed(int passed, int of, double rate) {}
}
