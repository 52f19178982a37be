package dev.dovetail.engine.selftest;

import java.util.List;
import java.util.Optional;

/**
 * How fast a device drafts with a draft of random weights.
 *
 * @param skipped why nothing was measured, if nothing was
 * @param rounds for each width of a tree; none where it was skipped
 */
public record DraftSpeed(DraftSize size, Optional<String> skipped, List<DraftRounds> rounds) {
  public DraftSpeed {
    rounds = List.copyOf(rounds);
  }

  static DraftSpeed skipped(DraftSize size, String why) {
    return new DraftSpeed(size, Optional.of(why), List.of());
  }
}
