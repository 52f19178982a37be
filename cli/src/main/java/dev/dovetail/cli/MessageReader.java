package dev.dovetail.cli;

import dev.dovetail.cli.LineSource.Line;

/** Puts messages together from lines. */
final class MessageReader {
  private static final String FENCE = "\"\"\"";
  private static final String FIRST_PROMPT = "> ";
  private static final String NEXT_PROMPT = ". ";

  private final LineSource lines;

  MessageReader(LineSource lines) {
    this.lines = lines;
  }

  /** What a person entered. */
  sealed interface Entry {
    /** Something to say to the model. */
    record Message(String text) implements Entry {}

    /** Something to do: the word behind the slash, and the rest of the line. */
    record Command(String name, String argument) implements Entry {}

    /** An empty line, or what Ctrl-C interrupted. */
    record Nothing(boolean interrupted) implements Entry {}

    /** The end of the conversation. */
    record End() implements Entry {}
  }

  Entry next() {
    return switch (lines.next(FIRST_PROMPT)) {
      case Line.Signal signal -> ended(signal);
      case Line.Text line -> entry(line.text());
    };
  }

  private static Entry ended(Line.Signal signal) {
    return switch (signal) {
      case END -> new Entry.End();
      case INTERRUPTED -> new Entry.Nothing(true);
    };
  }

  private Entry entry(String line) {
    if (line.startsWith(FENCE)) {
      return block(line.substring(FENCE.length()));
    }
    if (line.startsWith("/")) {
      String[] words = line.substring(1).strip().split("\\s+", 2);
      return new Entry.Command(words[0], words.length > 1 ? words[1] : "");
    }
    return continued(line);
  }

  /** Lines up to the closing fence; the end of the input closes it too. */
  private Entry block(String first) {
    StringBuilder text = new StringBuilder();
    String line = first;
    while (!line.stripTrailing().endsWith(FENCE)) {
      text.append(line).append('\n');
      switch (lines.next(NEXT_PROMPT)) {
        case Line.Text next -> line = next.text();
        case Line.Signal signal when signal == Line.Signal.END -> line = FENCE;
        case Line.Signal signal -> {
          return ended(signal);
        }
      }
    }
    line = line.stripTrailing();
    return message(text.append(line, 0, line.length() - FENCE.length()).toString());
  }

  private Entry continued(String first) {
    StringBuilder text = new StringBuilder();
    String line = first;
    while (line.endsWith("\\")) {
      text.append(line, 0, line.length() - 1).append('\n');
      switch (lines.next(NEXT_PROMPT)) {
        case Line.Text next -> line = next.text();
        case Line.Signal signal when signal == Line.Signal.END -> line = "";
        case Line.Signal signal -> {
          return ended(signal);
        }
      }
    }
    return message(text.append(line).toString());
  }

  private static Entry message(String text) {
    return text.isBlank() ? new Entry.Nothing(false) : new Entry.Message(text.strip());
  }
}
