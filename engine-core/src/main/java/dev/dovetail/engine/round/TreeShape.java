package dev.dovetail.engine.round;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How large a tree a drafter is asked for: {@code depth} levels with the {@code width} likeliest
 * nodes on each; width 1 is a chain.
 */
public record TreeShape(int depth, int width) {
  /** Ask for nothing: plain decoding. */
  public static final TreeShape NONE = new TreeShape(0, 1);

  /** The most nodes of a tree, so that one pass stays within its buffers. */
  public static final int MAX_NODES = 64;

  private static final Pattern SPELLING = Pattern.compile("(\\d{1,4})(?:x(\\d{1,4}))?");

  public TreeShape {
    if (depth < 0 || width < 1 || (long) depth * width > MAX_NODES) {
      throw new IllegalArgumentException(
          "a tree of depth %d and width %d: depth must be 0 or more, width 1 or more, and their product at most %d"
              .formatted(depth, width, MAX_NODES));
    }
  }

  /** Reads {@code 4} (a chain of four) or {@code 4x2} (four levels of two nodes). */
  public static TreeShape parse(String text) {
    Matcher m = SPELLING.matcher(text);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "a tree is spelled DEPTH or DEPTHxWIDTH, such as 4 or 4x2; found '" + text + "'");
    }
    return new TreeShape(
        Integer.parseInt(m.group(1)), m.group(2) == null ? 1 : Integer.parseInt(m.group(2)));
  }

  /** The most nodes that the tree has. */
  public int nodes() {
    return depth * width;
  }

  @Override
  public String toString() {
    return width == 1 ? Integer.toString(depth) : depth + "x" + width;
  }
}
