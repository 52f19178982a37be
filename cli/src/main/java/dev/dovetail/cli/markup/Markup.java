package dev.dovetail.cli.markup;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes elements that are well-formed as XML and as HTML. Texts and values of attributes are
 * escaped. Attributes are given as pairs of name and value; one whose value is null is left out.
 * Not thread-safe.
 */
public final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Starts an element; {@link #close} ends it. */
  public Markup open(String name, String... attributes) {
    tag(name, attributes).append('>');
    open.push(name);
    return this;
  }

  /** Ends the element that was opened last. */
  public Markup close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /** An element with a text in it. */
  public Markup element(String name, String text, String... attributes) {
    return open(name, attributes).text(text).close();
  }

  /** An element that has no content ever, such as {@code meta}. */
  public Markup leaf(String name, String... attributes) {
    tag(name, attributes).append("/>");
    return this;
  }

  public Markup text(String text) {
    escape(text);
    return this;
  }

  /** White space that lets a person read the source. */
  public Markup newLine() {
    out.append('\n');
    return this;
  }

  /** A style or a script of ours, as it is; one with markup characters is refused. */
  public Markup verbatim(String text) {
    if (text.indexOf('<') >= 0 || text.indexOf('&') >= 0) {
      throw new IllegalArgumentException("found < or & in a text to write as it is");
    }
    out.append(text);
    return this;
  }

  /**
   * What was written.
   *
   * @throws IllegalStateException if an element is still open
   */
  public String finish() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("the element " + open.peek() + " was not closed");
    }
    return out.toString();
  }

  private StringBuilder tag(String name, String... attributes) {
    out.append('<').append(name);
    for (int i = 0; i < attributes.length; i += 2) {
      if (attributes[i + 1] != null) {
        out.append(' ').append(attributes[i]).append("=\"");
        escape(attributes[i + 1]);
        out.append('"');
      }
    }
    return out;
  }

  private void escape(String text) {
    text.codePoints().forEach(this::escape);
  }

  /** XML has no place for most control characters and for halves of surrogate pairs. */
  private void escape(int character) {
    switch (character) {
      case '<' -> out.append("&lt;");
      case '>' -> out.append("&gt;");
      case '&' -> out.append("&amp;");
      case '"' -> out.append("&quot;");
      default -> {
        boolean allowed =
            character >= ' '
                ? Character.getType(character) != Character.SURROGATE
                    && character != 0xFFFE
                    && character != 0xFFFF
                : character == '\t' || character == '\n' || character == '\r';
        out.appendCodePoint(allowed ? character : 0xFFFD);
      }
    }
  }
}
