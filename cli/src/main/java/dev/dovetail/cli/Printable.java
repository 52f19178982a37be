package dev.dovetail.cli;

/** Texts from files, for a terminal: a hostile file must not command it. */
final class Printable {
  private Printable() {}

  /** The text with control characters and quotes' backslashes spelled out. */
  static String of(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          switch (point) {
            case '\n' -> result.append("\\n");
            case '\t' -> result.append("\\t");
            case '\r' -> result.append("\\r");
            default -> {
              if (isControl(point)) {
                result.append("\\u{%x}".formatted(point));
              } else {
                result.appendCodePoint(point);
              }
            }
          }
        });
    return result.toString();
  }

  /** At most {@code limit} characters of it, the cut marked. */
  static String shortened(String text, int limit) {
    String start = text.length() > limit ? text.substring(0, limit) : text;
    return of(start) + (text.length() > limit ? "... (" + text.length() + " characters)" : "");
  }

  private static boolean isControl(int point) {
    return switch (Character.getType(point)) {
      // Format characters can reverse the direction of writing, surrogates cannot be encoded.
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE -> true;
      default -> false;
    };
  }
}
