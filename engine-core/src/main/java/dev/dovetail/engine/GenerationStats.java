package dev.dovetail.engine;

import dev.dovetail.engine.round.AheadStats;
import dev.dovetail.engine.round.RoundCounts;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a text came about. Times in ms, rates in tokens per second.
 *
 * @param loadMs opening and packing the model, once per engine
 * @param ttftMs from the call to the first token
 * @param prefillTokPerS prompt tokens that were computed, per second; 0 if none was
 * @param decodeTokPerS tokens after the first, per second; 0 if there is none
 * @param rounds verification passes after the prompt
 * @param tau tokens after the first per round, the correction or bonus counted; 0 without a round
 * @param drafted guessed tokens
 * @param accepted guessed tokens that the target chose too
 * @param counts rounds by what was drafted and accepted
 * @param draftMs drafting, and telling the draft what was verified
 * @param verifyMs passes of the target, choosing tokens included
 * @param channelMs rounding features and copying them into the channel, the prompt's too
 * @param ahead trees that were drafted while the target verified
 * @param bytesToDraft through the channel, features and ids, the prompt's too
 * @param bytesFromDraft through the channel, trees
 * @param peakRssBytes of the process so far, where the system tells
 * @param peakVramBytes what draft and layers hold on a GPU, of all sessions, 0 without one
 * @param gpuLayers how many of the target's layers run on a GPU, see {@link Engine#gpuLayers}
 * @param gpuLost why a GPU that failed stays off in this process, in one line; empty where none has
 * @param draft who guessed, as {@link Engine#draftName} says it, but for a draft that is lost
 * @param kernels such as {@code panama-512}
 */
public record GenerationStats(
    double loadMs,
    double ttftMs,
    double prefillTokPerS,
    double decodeTokPerS,
    long rounds,
    double tau,
    long drafted,
    long accepted,
    RoundCounts counts,
    double draftMs,
    double verifyMs,
    double channelMs,
    AheadStats ahead,
    long bytesToDraft,
    long bytesFromDraft,
    OptionalLong peakRssBytes,
    long peakVramBytes,
    int gpuLayers,
    Optional<String> gpuLost,
    String draft,
    String kernels,
    int threads) {
  /** Of the time that the draft took, the part that nobody waited for, 0 to 1. */
  public double hiddenShare() {
    double hiddenMs = ahead.hiddenNanos() / 1e6;
    return hiddenMs == 0 ? 0 : hiddenMs / (hiddenMs + draftMs);
  }
}
