package dev.dovetail.cli.humaneval;

/** As much of Python's syntax as it takes to tell where a statement may start. */
final class PythonLines {
  private final String text;
  private int at;
  private int depth;

  private PythonLines(String text) {
    this.text = text;
  }

  /**
   * Where the first line from {@code from} on starts that has something at the left margin and
   * continues neither a bracket, a string nor a line that ends in a backslash; the text's length if
   * there is none. The text is read from its beginning.
   */
  static int marginAfter(String text, int from) {
    PythonLines lines = new PythonLines(text);
    while (lines.at < text.length()) {
      if (lines.at >= from && !Character.isWhitespace(text.charAt(lines.at))) {
        return lines.at;
      }
      lines.skipStatementLine();
    }
    return text.length();
  }

  /** Goes to the start of the next line that continues nothing. */
  private void skipStatementLine() {
    while (at < text.length()) {
      char c = text.charAt(at);
      switch (c) {
        case '\n' -> {
          at++;
          if (depth == 0) {
            return;
          }
        }
        case '#' -> {
          int end = text.indexOf('\n', at);
          at = end < 0 ? text.length() : end;
        }
        case '\\' -> at += 2;
        case '"', '\'' -> skipString(c);
        default -> {
          if ("([{".indexOf(c) >= 0) {
            depth++;
          } else if (")]}".indexOf(c) >= 0) {
            depth = Math.max(0, depth - 1);
          }
          at++;
        }
      }
    }
  }

  /** Goes past a string; one in single quotes ends with its line at the latest. */
  private void skipString(char quote) {
    String three = String.valueOf(quote).repeat(3);
    boolean multiline = text.startsWith(three, at);
    String end = multiline ? three : String.valueOf(quote);
    at += end.length();
    while (at < text.length() && !text.startsWith(end, at)) {
      if (!multiline && text.charAt(at) == '\n') {
        return;
      }
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    at = Math.min(text.length(), at + end.length());
  }
}
