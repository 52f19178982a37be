package dev.dovetail.cli;

import java.util.Optional;

/** Where the lines of a conversation come from. */
interface LineSource {
  /** What reading a line gives. */
  sealed interface Line {
    /** A line without its end. */
    record Text(String text) implements Line {}

    /** What is no line. */
    enum Signal implements Line {
      /** Ctrl-C: what was typed counts for nothing. */
      INTERRUPTED,
      /** There are no more lines. */
      END
    }

    static Line of(Optional<String> text) {
      return text.<Line>map(Text::new).orElse(Signal.END);
    }
  }

  /**
   * The next line.
   *
   * @param prompt shown to a person who types
   */
  Line next(String prompt);
}
