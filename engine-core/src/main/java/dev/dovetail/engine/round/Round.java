package dev.dovetail.engine.round;

/**
 * What one round did.
 *
 * @param lookedUp whether the text itself suggested the tree, not the drafter
 * @param drafted nodes of the tree
 * @param depth its levels
 * @param accepted of them, those that the target chose too
 * @param emitted tokens gained: the accepted ones and the target's own last choice
 * @param draftNanos drafting, and telling the draft what was verified
 * @param verifyNanos the pass, choosing tokens, keeping the path
 */
public record Round(
    boolean lookedUp,
    int drafted,
    int depth,
    int accepted,
    int emitted,
    long draftNanos,
    long verifyNanos) {}
