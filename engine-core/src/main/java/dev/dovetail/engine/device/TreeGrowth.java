package dev.dovetail.engine.device;

import dev.dovetail.engine.sampling.Sampler;

/**
 * How a {@link DraftTree} is to grow under the last token of a sequence: first the tokens of a
 * chain that the caller knows, a level each, then levels of the likeliest guesses. Level k stands
 * at position {@code length + k} of the sequence.
 *
 * @param sampler ranks as the target will choose: same seed, same noise, same penalty
 * @param vocabulary the token of each logit; null where the n-th logit is token n's
 * @param context the sequence; entries from {@code length} on are scratch that may be overwritten
 *     until the tree is read
 * @param length tokens of the sequence
 * @param given tokens of the chain
 * @param widths nodes wanted on each level behind it
 * @param floor the log-probability of a path that is not worth a further level: where the likeliest
 *     node of a level has no more, a device may leave the tree at that level; {@link #NO_FLOOR}
 *     grows all
 */
public record TreeGrowth(
    Sampler sampler,
    TokenIds vocabulary,
    int[] context,
    int length,
    int[] given,
    int[] widths,
    float floor) {
  /** Below what any path has that is possible at all. */
  public static final float NO_FLOOR = Float.NEGATIVE_INFINITY;

  public TreeGrowth {
    for (int width : widths) {
      if (width < 1) {
        throw new IllegalArgumentException("a level's width is " + width + "; wanted 1 or more");
      }
    }
    // The last level's own tokens are never written.
    if (length + given.length + widths.length - 1 > context.length) {
      throw new IllegalArgumentException(
          "a tree of %d levels behind %d tokens in an array of %d"
              .formatted(given.length + widths.length, length, context.length));
    }
  }

  /** All levels. */
  public int levels() {
    return given.length + widths.length;
  }

  /** Nodes wanted on a level. */
  public int width(int level) {
    return level < given.length ? 1 : widths[level - given.length];
  }

  /** Nodes wanted on all levels. */
  public int nodes() {
    int nodes = given.length;
    for (int width : widths) {
      nodes += width;
    }
    return nodes;
  }

  /** The token of each logit, or null. */
  public int[] ids() {
    return vocabulary == null ? null : vocabulary.ids();
  }
}
