package dev.dovetail.engine.round;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How rounds went, by what they drafted and what was accepted. Lists end at the last entry above 0.
 *
 * @param byAccepted rounds in which k guessed tokens were accepted, k from 0
 * @param byDepth rounds whose tree had k levels, k from 0
 * @param wholeByDepth of those, rounds in which a node of the last level was accepted, so that no
 *     further level was there to be; trees of no level count
 * @param byNodes rounds by the number of guessed tokens, numbers that did not occur left out
 * @param lookedUp rounds whose tree the text itself suggested
 * @param lookedUpAccepted guessed tokens that were accepted in those
 */
public record RoundCounts(
    List<Long> byAccepted,
    List<Long> byDepth,
    List<Long> wholeByDepth,
    SortedMap<Integer, Long> byNodes,
    long lookedUp,
    long lookedUpAccepted) {
  /** No round. */
  public static final RoundCounts NONE =
      new RoundCounts(List.of(), List.of(), List.of(), new TreeMap<>(), 0, 0);

  public RoundCounts {
    byAccepted = List.copyOf(byAccepted);
    byDepth = List.copyOf(byDepth);
    wholeByDepth = List.copyOf(wholeByDepth);
    byNodes = new TreeMap<>(byNodes);
  }
}
