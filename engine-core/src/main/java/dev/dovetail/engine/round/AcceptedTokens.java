package dev.dovetail.engine.round;

/**
 * What a drafter learns: features of newly verified tokens, each with the token that follows it.
 *
 * @param position of the first feature's token in the sequence; a gap before it is a new beginning
 * @param count how many
 * @param features {@code [count][d]} in f16, as bits (see {@link Float#float16ToFloat}); valid
 *     during the call only
 * @param nextTokens the token after each, {@code [count]}; the last one is the pending token; valid
 *     during the call only
 */
public record AcceptedTokens(int position, int count, short[] features, int[] nextTokens) {}
